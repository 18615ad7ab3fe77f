// What host names and host patterns share: labels, embedded IPv4 addresses, guarded blocks.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "ssmgate/names/ip_address.hpp"

namespace ssmgate::host_rules {

inline constexpr std::size_t kMaxLabel = 63;
inline constexpr std::size_t kMaxName = 253;

// True for a label that a resolver may take for a number: all digits, or "0x" and nothing but hex
// digits. `label` is in lower case.
[[nodiscard]] bool is_numeric_label(std::string_view label) noexcept;

// The IPv4 address inside `::ffff:a.b.c.d`, `::a.b.c.d` (but for `::` and `::1`) and
// `64:ff9b::a.b.c.d`.
[[nodiscard]] std::optional<IpAddress> find_embedded_ipv4(const IpAddress& address) noexcept;

// True in `::ffff:0:0:0/96` and `64:ff9b:1::/48`: a translator reads an IPv4 address there, and
// which one depends on its configuration.
[[nodiscard]] bool is_translated(const IpAddress& address) noexcept;

// The blocks that are the node itself or hand out its role.
[[nodiscard]] std::span<const Cidr> guarded_blocks() noexcept;

}  // namespace ssmgate::host_rules
