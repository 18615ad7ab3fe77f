// How long: as the policy and the configuration write it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ssmgate {

// "250ms", "5s", "10m", "12h": a whole number and a unit, more than nothing, at most 7 days.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// The same form, in the largest unit that leaves a whole number: "90m", "2h".
[[nodiscard]] std::string render_duration(std::chrono::milliseconds duration);

}  // namespace ssmgate
