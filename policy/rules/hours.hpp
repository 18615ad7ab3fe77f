// Hours of the week in a time zone: `hours` of a rule.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "rules/instant.hpp"

namespace ssmgate {

// The clock of one place, with all that is known of its future. Read whole when it is found.
struct Zone;

struct Hours {
  std::uint8_t days = 0x7F;          // bit 0 is Monday
  std::chrono::minutes from{0};      // of the day, local
  std::chrono::minutes to{24 * 60};  // before `from`: on the day after
  std::shared_ptr<const Zone> zone;  // INVARIANT: set
  std::string zone_name;
  std::string text;  // as it is shown to a person
};

// from ≤ now < to on one of the days, by what the zone's clock shows now; hours past midnight
// belong to the day on which they began. So when the clock leaps over `from` or `to`, they take
// effect at the leap, and hours that it shows twice hold twice. No file is read.
[[nodiscard]] bool holds(const Hours& hours, Instant now);

// "HH:MM", 00:00–23:59; "24:00" where `end_of_day`. `error` says what to write instead.
[[nodiscard]] boost::system::result<std::chrono::minutes, std::string> parse_clock(
    std::string_view text, bool end_of_day);

// "mon" … "sun", or a range of two, which may wrap: the bits of the days.
[[nodiscard]] boost::system::result<std::uint8_t, std::string> parse_days(std::string_view text);

// The zone of an IANA name, from TZDIR or /usr/share/zoneinfo; "UTC" needs neither. A name that
// could lead out of that folder is none. LIMIT: a zone is read once a process, so that an update of
// the machine's zones counts from the next start.
[[nodiscard]] boost::system::result<std::shared_ptr<const Zone>, std::string> find_zone(
    std::string_view name);

}  // namespace ssmgate
