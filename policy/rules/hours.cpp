#include "rules/hours.hpp"

#include <algorithm>
#include <array>

#include <absl/time/time.h>

#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate {

struct Zone {
  absl::TimeZone clock;
};

namespace {

constexpr std::array<std::string_view, 7> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

bool has_day(std::uint8_t days, unsigned monday_based) noexcept {
  return ((static_cast<unsigned>(days) >> (monday_based % 7)) & 1U) != 0;
}

// 0–6 from Monday, or 7 for no day.
unsigned day_number(std::string_view name) noexcept {
  return static_cast<unsigned>(std::find(kDays.begin(), kDays.end(), name) - kDays.begin());
}

// What may be looked up: words joined by `/`. A name without a dot cannot climb out of the folder,
// and without a colon means nothing else to the library than a file there.
bool is_zone_name(std::string_view name) noexcept {
  constexpr std::string_view kWord =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
  constexpr std::size_t kMax = 64;  // LIMIT: the longest IANA name has 32 characters
  if (name.empty() || name.size() > kMax) return false;
  if (name.find_first_not_of(kWord) != std::string_view::npos) return false;
  if (name.front() == '/' || name.back() == '/') return false;
  if (name.find("//") != std::string_view::npos) return false;
  // The clock of the machine and of whoever packaged its zones, not one that a policy can mean; and
  // a word that the library takes for UTC and nobody else does.
  if (name == "localtime" || name == "posixrules" || name == "UTC0") return false;
  // These count leap seconds and would be half a minute off.
  return !name.starts_with("right/");
}

}  // namespace

bool holds(const Hours& hours, Instant now) {
  const auto second = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  const absl::CivilSecond local = hours.zone->clock.At(absl::FromUnixSeconds(second)).cs;
  const auto time = std::chrono::hours(local.hour()) + std::chrono::minutes(local.minute());
  const auto today = static_cast<unsigned>(absl::GetWeekday(local));
  if (hours.from < hours.to) {
    return has_day(hours.days, today) && hours.from <= time && time < hours.to;
  }
  if (time >= hours.from) return has_day(hours.days, today);
  return time < hours.to && has_day(hours.days, today + 6);
}

boost::system::result<std::chrono::minutes, std::string> parse_clock(std::string_view text,
                                                                     bool end_of_day) {
  const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  const auto value = [&](std::size_t i) { return (text[i] - '0') * 10 + (text[i + 1] - '0'); };
  const bool shaped =
      text.size() == 5 && text[2] == ':' && digit(0) && digit(1) && digit(3) && digit(4);
  if (shaped && value(0) <= 23 && value(3) <= 59) {
    return std::chrono::hours(value(0)) + std::chrono::minutes(value(3));
  }
  if (shaped && end_of_day && text == "24:00") return std::chrono::minutes(24 * 60);
  return in_backticks(text) + " is not a time of day; write `00:00` to `" +
         (end_of_day ? "24:00" : "23:59") + '`';
}

boost::system::result<std::uint8_t, std::string> parse_days(std::string_view text) {
  const std::size_t dash = text.find('-');
  const unsigned first = day_number(text.substr(0, dash));
  const unsigned last = dash == std::string_view::npos ? first : day_number(text.substr(dash + 1));
  if (first == 7 || last == 7) {
    return in_backticks(text) +
           " is no day; write `mon` `tue` `wed` `thu` `fri` `sat` `sun`, or a range such as "
           "`mon-fri`";
  }
  unsigned bits = 0;
  for (unsigned day = first;; day = (day + 1) % 7) {
    bits |= 1U << day;
    if (day == last) break;
  }
  return static_cast<std::uint8_t>(bits);
}

boost::system::result<std::shared_ptr<const Zone>, std::string> find_zone(std::string_view name) {
  auto zone = std::make_shared<Zone>();
  if (is_zone_name(name) && absl::LoadTimeZone({name.data(), name.size()}, &zone->clock)) {
    return std::shared_ptr<const Zone>(std::move(zone));
  }
  return in_backticks(name) +
         " is no time zone of this machine; write an IANA name such as `Asia/Tokyo` or `UTC`";
}

}  // namespace ssmgate
