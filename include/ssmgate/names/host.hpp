// The host a session is to be forwarded to, in canonical form, and the patterns that match it.
//
// Two spellings that any resolver would take to the same place are one Host, or no Host at all:
// whatever a resolver might read as an address and this file does not is refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/system/result.hpp>

#include "ssmgate/names/ip_address.hpp"

namespace ssmgate {

enum class HostFault : std::uint8_t {
  empty,
  too_long,
  bad_character,
  bad_label,           // empty, over 63, or beginning or ending with '-'
  numeric_last_label,  // a resolver may take it for an address: 127.1, 0x7f000001, 2130706433
  bad_address,         // brackets, colons or dotted quads that are no address; a zone
  translated_address,  // ::ffff:0:0:0/96 and 64:ff9b:1::/48
};

// Says what is wrong in words that go into a message, without the host itself.
[[nodiscard]] std::string_view describe(HostFault fault) noexcept;

class Host {
 public:
  [[nodiscard]] bool is_address() const noexcept {
    return std::holds_alternative<IpAddress>(value_);
  }
  [[nodiscard]] const IpAddress& address() const { return std::get<IpAddress>(value_); }
  [[nodiscard]] const std::string& name() const { return std::get<std::string>(value_); }

  // Lower-case name without a trailing dot, or the address as RFC 5952.
  [[nodiscard]] std::string text() const;
  bool operator==(const Host&) const = default;

 private:
  friend boost::system::result<Host, HostFault> parse_host(std::string_view text);
  explicit Host(std::variant<std::string, IpAddress> value) : value_(std::move(value)) {}
  std::variant<std::string, IpAddress> value_;
};

// The canonical form of a host as a client sent it (docs/policy.md, "Hosts").
[[nodiscard]] boost::system::result<Host, HostFault> parse_host(std::string_view text);

// True for the hosts that are the node itself or hand out its role (docs/policy.md): in an allow
// rule they match only an entry that names them.
[[nodiscard]] bool is_guarded_host(const Host& host) noexcept;

// One entry of a rule's `hosts`: a name pattern, an address, a CIDR, or `any`.
class HostPattern {
 public:
  struct Any {
    bool operator==(const Any&) const = default;
  };
  struct Name {
    bool leading_wildcard = false;    // "*." in front: one or more labels
    std::vector<std::string> labels;  // lower case; a '*' stays inside its label
    bool literal = false;             // no wildcard at all
    bool operator==(const Name&) const = default;
  };
  using Form = std::variant<Any, Name, Cidr>;

  explicit HostPattern(Form form) : form_(std::move(form)) {}
  [[nodiscard]] const Form& form() const noexcept { return form_; }

  // Deny rules: nothing is left out.
  [[nodiscard]] bool matches(const Host& host) const;
  // Allow rules: a guarded host matches only an entry that names it.
  [[nodiscard]] bool grants(const Host& host) const;
  bool operator==(const HostPattern&) const = default;

 private:
  Form form_;
};

// `error` is the message of a diagnostic: what is wrong, and what to write instead.
[[nodiscard]] boost::system::result<HostPattern, std::string> parse_host_pattern(
    std::string_view text);

}  // namespace ssmgate
