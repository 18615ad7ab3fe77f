// Ports as decimal text with one spelling each: Go's dialler also takes "022", "+22" and "ssh".
#include "ssmgate/names/port.hpp"

#include "names/ascii.hpp"

namespace ssmgate {

std::optional<std::uint16_t> parse_local_port(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text) {
    if (!ascii::is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (value > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
  const std::optional<std::uint16_t> port = parse_local_port(text);
  return port && *port >= 1 ? port : std::nullopt;
}

std::optional<PortRange> parse_port_range(std::string_view text, std::uint16_t minimum) noexcept {
  const std::size_t dash = text.find('-');
  const std::optional<std::uint16_t> low = parse_local_port(text.substr(0, dash));
  const std::optional<std::uint16_t> high =
      dash == std::string_view::npos ? low : parse_local_port(text.substr(dash + 1));
  if (!low || !high || *low > *high || *low < minimum) return std::nullopt;
  return PortRange{*low, *high};
}

}  // namespace ssmgate
