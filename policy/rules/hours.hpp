// Hours of the week in a time zone: `hours` of a rule.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "rules/instant.hpp"

namespace date {
class time_zone;
}

namespace ssmgate {

struct Hours {
  std::uint8_t days = 0x7F;               // bit 0 is Monday
  std::chrono::minutes from{0};           // of the day, local
  std::chrono::minutes to{24 * 60};       // before `from`: on the day after
  const date::time_zone* zone = nullptr;  // INVARIANT: set; owned by the library, never freed
  std::string text;                       // as it is shown to a person
};

// from ≤ now < to on one of the days, by the zone's clock; hours past midnight belong to the day on
// which they began.
[[nodiscard]] bool holds(const Hours& hours, Instant now);

// "HH:MM", 00:00–23:59; "24:00" where `end_of_day`. `error` says what to write instead.
[[nodiscard]] boost::system::result<std::chrono::minutes, std::string> parse_clock(
    std::string_view text, bool end_of_day);

// "mon" … "sun", or a range of two, which may wrap: the bits of the days.
[[nodiscard]] boost::system::result<std::uint8_t, std::string> parse_days(std::string_view text);

// The zone of an IANA name, read whole so that no judgement waits for a file.
[[nodiscard]] boost::system::result<const date::time_zone*, std::string> find_zone(
    std::string_view name);

}  // namespace ssmgate
