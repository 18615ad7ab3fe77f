// The types of value that ssmgate.yaml has beside YAML's own: socket addresses, egress entries.
#pragma once

#include <optional>
#include <string_view>

#include "config/config.hpp"

namespace ssmgate::config {

// "127.0.0.1:8877" or "[::1]:8877"; port 0 to 65535.
[[nodiscard]] std::optional<SocketAddress> parse_socket_address(std::string_view text);

[[nodiscard]] std::string render_socket_address(const SocketAddress& address);

// 0.0.0.0 and ::, by which a listener has all addresses of the machine.
[[nodiscard]] bool is_wildcard(const IpAddress& address);
// 127.0.0.0/8 and ::1.
[[nodiscard]] bool is_loopback(const IpAddress& address);

// "HOST-PATTERN[:PORT]", an address or a CIDR. The port is 443 when none is given; but that of an
// address or CIDR which is denied is then every port.
enum class EgressList : std::uint8_t { deny, allow };
[[nodiscard]] std::variant<std::string, EgressEntry> parse_egress_entry(std::string_view text,
                                                                        EgressList list);

}  // namespace ssmgate::config
