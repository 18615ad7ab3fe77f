// Hosts in canonical form. Does not own: the patterns that match them (host_pattern.cpp).
#include "ssmgate/names/host.hpp"

#include <algorithm>

#include "names/ascii.hpp"
#include "names/host_rules.hpp"

namespace ssmgate {
namespace {

using boost::system::result;

// True when `address` begins with `prefix`.
template <std::size_t N>
bool begins_with(const IpAddress& address, const std::array<std::uint8_t, N>& prefix) noexcept {
  return std::equal(prefix.begin(), prefix.end(), address.bytes().begin());
}

result<IpAddress, HostFault> parse_v6_host(std::string_view text) {
  const std::optional<IpAddress> address = parse_ip_address(text);
  if (!address || address->is_v4()) return HostFault::bad_address;
  if (host_rules::is_translated(*address)) return HostFault::translated_address;
  return host_rules::find_embedded_ipv4(*address).value_or(*address);
}

bool is_label_character(char c) noexcept {
  return ascii::is_alnum(c) || c == '-' || c == '_';
}

std::optional<HostFault> find_label_fault(std::string_view label) noexcept {
  if (!std::all_of(label.begin(), label.end(), is_label_character)) return HostFault::bad_character;
  if (label.empty() || label.size() > host_rules::kMaxLabel) return HostFault::bad_label;
  if (label.front() == '-' || label.back() == '-') return HostFault::bad_label;
  return std::nullopt;
}

result<std::string, HostFault> parse_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.size() > host_rules::kMaxName) return HostFault::too_long;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = std::min(text.find('.', begin), text.size());
    if (const auto fault = find_label_fault(text.substr(begin, end - begin))) return *fault;
    if (end == text.size()) break;
    begin = end + 1;
  }
  std::string name = ascii::to_lower(text);
  if (host_rules::is_numeric_label(std::string_view(name).substr(begin))) {
    return HostFault::numeric_last_label;
  }
  return name;
}

bool is_guarded_name(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 10> kNames{
      "localhost",     "localhost.localdomain",     "localhost4",    "localhost4.localdomain4",
      "localhost6",    "localhost6.localdomain6",   "ip6-localhost", "ip6-loopback",
      "instance-data", "instance-data.ec2.internal"};
  return name.ends_with(".localhost") ||
         std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

}  // namespace

namespace host_rules {

bool is_numeric_label(std::string_view label) noexcept {
  if (label.starts_with("0x")) {
    return std::all_of(label.begin() + 2, label.end(), ascii::is_lower_hex);
  }
  return std::all_of(label.begin(), label.end(), ascii::is_digit);
}

std::optional<IpAddress> find_embedded_ipv4(const IpAddress& address) noexcept {
  static constexpr std::array<std::uint8_t, 12> kCompatible{};
  static constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  static constexpr std::array<std::uint8_t, 12> kNat64{0, 0x64, 0xFF, 0x9B};
  if (address.is_v4()) return std::nullopt;
  const auto bytes = address.bytes();
  const IpAddress inner = IpAddress::v4({bytes[12], bytes[13], bytes[14], bytes[15]});
  if (begins_with(address, kMapped) || begins_with(address, kNat64)) return inner;
  const bool unspecified_or_loopback =
      bytes[12] == 0 && bytes[13] == 0 && bytes[14] == 0 && bytes[15] <= 1;
  if (begins_with(address, kCompatible) && !unspecified_or_loopback) return inner;
  return std::nullopt;
}

bool is_translated(const IpAddress& address) noexcept {
  static constexpr std::array<std::uint8_t, 12> kTranslated{0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  static constexpr std::array<std::uint8_t, 6> kLocalNat64{0, 0x64, 0xFF, 0x9B, 0, 1};
  if (address.is_v4()) return false;
  return begins_with(address, kTranslated) || begins_with(address, kLocalNat64);
}

std::span<const Cidr> guarded_blocks() noexcept {
  static const std::array<Cidr, 7> kBlocks{
      Cidr(IpAddress::v4({127, 0, 0, 0}), 8),
      Cidr(IpAddress::v4({0, 0, 0, 0}), 8),
      Cidr(IpAddress::v4({169, 254, 0, 0}), 16),
      Cidr(IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), 128),
      Cidr(IpAddress::v6({}), 128),
      Cidr(IpAddress::v6({0xFE, 0x80}), 10),
      Cidr(IpAddress::v6({0xFD, 0x00, 0x0E, 0xC2}), 32)};
  return kBlocks;
}

}  // namespace host_rules

std::string_view describe(HostFault fault) noexcept {
  switch (fault) {
    case HostFault::empty: return "is empty";
    case HostFault::too_long: return "is longer than 253 characters";
    case HostFault::bad_character:
      return "holds a character other than letters, digits, `-`, `_` and `.`";
    case HostFault::bad_label:
      return "has a label that is empty, longer than 63, or begins or ends with `-`";
    case HostFault::numeric_last_label:
      return "ends in a label that a resolver may take for a number, and is no dotted-quad address";
    case HostFault::bad_address:
      return "has a colon or brackets and is no IPv6 address, or carries a zone";
    case HostFault::translated_address:
      return "lies in `::ffff:0:0:0/96` or `64:ff9b:1::/48`, which stand for IPv4 addresses";
  }
  return "is no host";
}

std::string Host::text() const {
  return is_address() ? render_ip_address(address()) : name();
}

result<Host, HostFault> parse_host(std::string_view text) {
  if (text.empty()) return HostFault::empty;
  const bool bracketed = text.front() == '[';
  if (bracketed && (text.size() < 2 || text.back() != ']')) return HostFault::bad_address;
  if (bracketed) text = text.substr(1, text.size() - 2);
  if (bracketed || text.find(':') != std::string_view::npos) {
    const auto address = parse_v6_host(text);
    if (!address) return address.error();
    return Host(*address);
  }
  if (const auto address = parse_ip_address(text)) return Host(*address);
  auto name = parse_name(text);
  if (!name) return name.error();
  return Host(*std::move(name));
}

bool is_guarded_host(const Host& host) noexcept {
  if (!host.is_address()) return is_guarded_name(host.name());
  const auto blocks = host_rules::guarded_blocks();
  return std::any_of(blocks.begin(), blocks.end(),
                     [&](const Cidr& block) { return block.contains(host.address()); });
}

}  // namespace ssmgate
