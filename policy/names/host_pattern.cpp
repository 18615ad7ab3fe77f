// The entries of a rule's `hosts`: how they are written, and which hosts they match.
#include <algorithm>

#include "names/ascii.hpp"
#include "names/host_rules.hpp"
#include "ssmgate/names/glob.hpp"
#include "ssmgate/names/host.hpp"

namespace ssmgate {
namespace {

using boost::system::result;
using Name = HostPattern::Name;

std::string quoted(std::string_view text) {
  return "`" + std::string(text) + "`";
}

// The labels are compared from the right; whatever is left of the name is the leading wildcard's.
bool matches_name(const Name& pattern, std::string_view name) noexcept {
  for (std::size_t left = pattern.labels.size(); left > 0; --left) {
    const std::size_t dot = name.rfind('.');
    const bool leftmost = dot == std::string_view::npos;
    const std::string_view label = leftmost ? name : name.substr(dot + 1);
    if (!glob_matches(pattern.labels[left - 1], label)) return false;
    if (leftmost) return left == 1 && !pattern.leading_wildcard;
    name = name.substr(0, dot);
  }
  return pattern.leading_wildcard;
}

bool is_localhost_wildcard(const Name& pattern) noexcept {
  return pattern.leading_wildcard && pattern.labels.size() == 1 &&
         pattern.labels.front() == "localhost";
}

bool lies_in_guarded_block(const Cidr& cidr) noexcept {
  const auto blocks = host_rules::guarded_blocks();
  return std::any_of(blocks.begin(), blocks.end(),
                     [&](const Cidr& block) { return block.contains(cidr); });
}

std::string embedded_cidr_message(std::string_view text, const Cidr& cidr, const IpAddress& inner) {
  static const Cidr kAroundNat64(IpAddress::v6({0, 0x64, 0xFF, 0x9B}), 32);
  const int length = cidr.prefix_length() - 96;
  if (length < 0 && kAroundNat64.contains(cidr)) {
    return quoted(text) +
           " begins with `64:ff9b::/96`, whose hosts are compared as IPv4: write `0.0.0.0/0`, or"
           " the IPv4 CIDR that is meant";
  }
  if (length < 0) {
    return quoted(text) +
           " is a block of IPv6 that begins inside those which embed IPv4: write its"
           " first address, as in `2001:db8::/32`";
  }
  return quoted(text) + " embeds an IPv4 address, and such hosts are compared as IPv4: write " +
         quoted(render_ip_address(inner) + "/" + std::to_string(length));
}

result<HostPattern, std::string> parse_block(std::string_view text) {
  const std::optional<Cidr> cidr = parse_cidr(text);
  if (text.find("://") != std::string_view::npos) {
    return quoted(text) + " is a URL: write its host alone, and its port under `ports`";
  }
  if (!cidr) {
    return quoted(text) +
           " is no CIDR: write an address, `/` and the length of the prefix, as in `10.20.0.0/16`";
  }
  if (host_rules::is_translated(cidr->base())) {
    return quoted(text) +
           " lies in a block that stands for IPv4 addresses, and no such host is ever let through:"
           " write the IPv4 CIDR";
  }
  if (const auto inner = host_rules::find_embedded_ipv4(cidr->base())) {
    return embedded_cidr_message(text, *cidr, *inner);
  }
  return HostPattern(*cidr);
}

// `10.0.*` → "10.0.0.0/16"; a general example when the pattern is no such thing.
std::string suggest_cidr(std::string_view pattern) {
  std::string base;
  int parts = 0;
  while (parts < 4) {
    const std::string_view part = pattern.substr(0, pattern.find('.'));
    const bool octet =
        !part.empty() && part.size() <= 3 && std::all_of(part.begin(), part.end(), ascii::is_digit);
    if (!octet) break;
    base += (parts == 0 ? "" : ".") + std::string(part);
    ++parts;
    if (part.size() == pattern.size()) break;
    pattern.remove_prefix(part.size() + 1);
  }
  for (int i = parts; i < 4; ++i) base += i == 0 ? "0" : ".0";
  const std::string cidr = base + "/" + std::to_string(parts * 8);
  return parts > 0 && parts < 4 && parse_cidr(cidr) ? cidr : "10.0.0.0/8";
}

std::optional<std::string> find_label_fault(std::string_view pattern, std::string_view label) {
  const auto is_pattern_character = [](char c) {
    return ascii::is_alnum(c) || c == '-' || c == '_' || c == '*';
  };
  if (!std::all_of(label.begin(), label.end(), is_pattern_character)) {
    return quoted(pattern) +
           " holds a character that no host has: write letters, digits, `-`, `_`, `.` and `*` "
           "(ports have a key of their own: `ports`)";
  }
  const auto least =
      label.size() - static_cast<std::size_t>(std::count(label.begin(), label.end(), '*'));
  if (label.empty() || least > host_rules::kMaxLabel || label.front() == '-' ||
      label.back() == '-') {
    return quoted(pattern) +
           " has a label that is empty, longer than 63, or begins or ends with `-`:"
           " write a host name such as `db.example.com`";
  }
  return std::nullopt;
}

// What is wrong with the last label of a pattern, in lower case.
std::optional<std::string> find_last_label_fault(std::string_view pattern, std::string_view last) {
  const bool maybe_digits =
      std::all_of(last.begin(), last.end(), [](char c) { return ascii::is_digit(c) || c == '*'; });
  if (pattern == "*") return "`*` could match an address: write `any` for every host";
  if (maybe_digits) {
    return quoted(pattern) +
           " has a last label that could be all digits, which is an address and no name: write a"
           " CIDR such as " +
           quoted(suggest_cidr(pattern));
  }
  if (host_rules::is_numeric_label(last)) {
    return quoted(pattern) +
           " ends in a label that a resolver may take for a number, so it can never match:"
           " write the name or the address of the host";
  }
  return std::nullopt;
}

std::optional<std::string> find_wildcard_fault(std::string_view text) {
  if (text.find('?') != std::string_view::npos) {
    return quoted(text) + " holds `?`, which host patterns do not have: write `*`";
  }
  if (text.find("**") != std::string_view::npos) {
    return quoted(text) +
           " holds `**`: write a leading `*.` for one or more labels, or one `*` inside a label";
  }
  return std::nullopt;
}

// Characters of the shortest name that the pattern could match: a star may stand for none, but a
// label has one.
std::size_t least_length(const Name& name) {
  std::size_t length = name.leading_wildcard ? 2 : 0;
  for (const std::string& label : name.labels) {
    const auto stars = static_cast<std::size_t>(std::count(label.begin(), label.end(), '*'));
    length += std::max<std::size_t>(label.size() - stars, 1) + 1;
  }
  return length - 1;
}

// `text` is a pattern with at least one '*'.
result<HostPattern, std::string> parse_wildcards(std::string_view text) {
  if (auto fault = find_wildcard_fault(text)) return *std::move(fault);
  std::string lower = ascii::to_lower(text);
  if (lower.ends_with('.')) lower.pop_back();
  Name name;
  std::string_view rest = lower;
  name.leading_wildcard = rest.starts_with("*.");
  if (name.leading_wildcard) rest.remove_prefix(2);
  while (true) {
    const std::string_view label = rest.substr(0, rest.find('.'));
    if (auto fault = find_label_fault(text, label)) return *std::move(fault);
    name.labels.emplace_back(label);
    if (label.size() == rest.size()) break;
    rest.remove_prefix(label.size() + 1);
  }
  if (auto fault = find_last_label_fault(lower, name.labels.back())) return *std::move(fault);
  if (least_length(name) > host_rules::kMaxName) {
    return quoted(text) +
           " matches only names longer than any host's: write at most 253 characters";
  }
  return HostPattern(std::move(name));
}

std::string plain_host_message(std::string_view text, HostFault fault) {
  std::string message = quoted(text) + " " + std::string(describe(fault));
  if (fault == HostFault::translated_address) return message + ": write the IPv4 address";
  const bool port_like =
      fault == HostFault::bad_address && text.find('.') != std::string_view::npos;
  if (port_like) return message + ": write the host alone, and its port under `ports`";
  return message + ": write a host name such as `db.example.com`, an address or a CIDR";
}

// A name or an address without wildcards.
result<HostPattern, std::string> parse_plain(std::string_view text) {
  const auto host = parse_host(text);
  if (!host) return plain_host_message(text, host.error());
  if (host->is_address()) {
    return HostPattern(Cidr(host->address(), host->address().is_v4() ? 32 : 128));
  }
  Name name;
  name.literal = true;
  std::string_view rest = host->name();
  while (true) {
    const std::string_view label = rest.substr(0, rest.find('.'));
    name.labels.emplace_back(label);
    if (label.size() == rest.size()) break;
    rest.remove_prefix(label.size() + 1);
  }
  return HostPattern(std::move(name));
}

}  // namespace

bool HostPattern::matches(const Host& host) const {
  if (const auto* name = std::get_if<Name>(&form_)) {
    return !host.is_address() && matches_name(*name, host.name());
  }
  if (const auto* cidr = std::get_if<Cidr>(&form_)) {
    return host.is_address() && cidr->contains(host.address());
  }
  return true;
}

bool HostPattern::grants(const Host& host) const {
  if (!matches(host)) return false;
  if (!is_guarded_host(host)) return true;
  if (const auto* name = std::get_if<Name>(&form_)) {
    return name->literal || is_localhost_wildcard(*name);
  }
  const auto* cidr = std::get_if<Cidr>(&form_);
  return cidr != nullptr && lies_in_guarded_block(*cidr);
}

result<HostPattern, std::string> parse_host_pattern(std::string_view text) {
  if (text.empty()) return std::string("an empty host matches nothing: write `any` for every host");
  if (text == "any") return HostPattern(HostPattern::Any{});
  if (text.find('/') != std::string_view::npos) return parse_block(text);
  if (text.find_first_of("*?") != std::string_view::npos) return parse_wildcards(text);
  return parse_plain(text);
}

}  // namespace ssmgate
