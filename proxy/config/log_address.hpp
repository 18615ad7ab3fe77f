// Where a log server listens, as people write it: unix:/dev/log, tls://logs.example:6514.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "config/config.hpp"

namespace ssmgate::config {

// `unix:PATH` (absolute), `udp://HOST:PORT`, `tcp://HOST:PORT` or `tls://HOST:PORT`; the port is
// needed, an IPv6 address stands in brackets. A fault in words.
[[nodiscard]] std::variant<std::string, LogAddress> parse_log_address(std::string_view text);

}  // namespace ssmgate::config
