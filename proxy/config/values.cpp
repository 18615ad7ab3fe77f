#include "config/values.hpp"

#include <algorithm>

#include "ssmgate/names/port.hpp"

namespace ssmgate::config {

std::optional<SocketAddress> parse_socket_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = parse_ip_address(host);
  const auto port = parse_local_port(text.substr(colon + 1));
  if (!address || !port || address->is_v4() == bracketed) return std::nullopt;
  return SocketAddress{*address, *port};
}

std::string render_socket_address(const SocketAddress& address) {
  const std::string host = render_ip_address(address.address);
  const std::string port = std::to_string(address.port);
  return address.address.is_v4() ? host + ":" + port : "[" + host + "]:" + port;
}

bool is_wildcard(const IpAddress& address) {
  return std::ranges::all_of(address.bytes(), [](std::uint8_t byte) { return byte == 0; });
}

bool is_loopback(const IpAddress& address) {
  static const Cidr kV4 = *parse_cidr("127.0.0.0/8");
  static const Cidr kV6 = *parse_cidr("::1");
  return kV4.contains(address) || kV6.contains(address);
}

std::variant<std::string, EgressEntry> parse_egress_entry(std::string_view text, EgressList list) {
  std::string_view host = text;
  std::uint16_t port = 443;
  const std::size_t colon = text.rfind(':');
  // A colon is a port's unless it belongs to an IPv6 address without brackets.
  const bool has_port = colon != std::string_view::npos &&
                        (text.find(':') == colon || (colon > 0 && text[colon - 1] == ']'));
  if (has_port) {
    const bool v6_block = text.starts_with('[') && text.find('/') < colon;
    const auto parsed = parse_port(text.substr(colon + 1));
    if (!parsed) return "the port behind the last colon is not 1 to 65535";
    port = *parsed;
    host = text.substr(0, colon);
    if (v6_block) host = host.substr(1, host.size() - 2);
  }
  auto pattern = parse_host_pattern(host);
  if (!pattern) return pattern.error();
  const bool whole = list == EgressList::deny && std::holds_alternative<Cidr>(pattern->form());
  if (whole && !has_port) return EgressEntry{std::move(*pattern), std::nullopt};
  return EgressEntry{std::move(*pattern), port};
}

}  // namespace ssmgate::config
