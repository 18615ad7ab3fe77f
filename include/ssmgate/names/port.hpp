// TCP ports as the AWS documents take them: decimal text, one spelling each.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ssmgate {

// 1–65535, decimal, no sign, blank or leading zero.
[[nodiscard]] std::optional<std::uint16_t> parse_port(std::string_view text) noexcept;

// The same, and 0: "any free port of the caller's machine".
[[nodiscard]] std::optional<std::uint16_t> parse_local_port(std::string_view text) noexcept;

struct PortRange {
  std::uint16_t low = 1;
  std::uint16_t high = 65535;
  [[nodiscard]] bool contains(std::uint16_t port) const noexcept {
    return low <= port && port <= high;
  }
  bool operator==(const PortRange&) const = default;
};

// "PORT" or "LOW-HIGH" with LOW ≤ HIGH; both at least `minimum` (1, or 0 for local ports).
[[nodiscard]] std::optional<PortRange> parse_port_range(std::string_view text,
                                                        std::uint16_t minimum = 1) noexcept;

}  // namespace ssmgate
