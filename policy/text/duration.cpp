#include "ssmgate/text/duration.hpp"

#include <charconv>
#include <cstdint>

namespace ssmgate {
namespace {

using std::chrono::milliseconds;

// LIMIT: 7 days; a longer time-out is a typing mistake.
constexpr milliseconds kLongestDuration = std::chrono::hours(24 * 7);

struct Unit {
  std::string_view suffix;
  std::int64_t milliseconds;
};
// "ms" before "s": the longer suffix is looked for first.
constexpr Unit kUnits[] = {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}};

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.suffix)) continue;
    const std::string_view digits = text.substr(0, text.size() - unit.suffix.size());
    // LIMIT: nine digits, so that no unit can overflow 64 bits.
    if (digits.empty() || digits.size() > 9) return std::nullopt;
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    const milliseconds duration(count * unit.milliseconds);
    if (count <= 0 || duration > kLongestDuration) return std::nullopt;
    return duration;
  }
  return std::nullopt;
}

std::string render_duration(milliseconds duration) {
  const Unit* largest = kUnits;
  for (const Unit& unit : kUnits) {
    if (duration.count() % unit.milliseconds == 0) largest = &unit;
  }
  return std::to_string(duration.count() / largest->milliseconds) + std::string(largest->suffix);
}

}  // namespace ssmgate
