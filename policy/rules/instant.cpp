#include "rules/instant.hpp"

#include <cstdio>
#include <optional>

#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate {
namespace {

constexpr std::string_view kForm =
    "; write a date such as `2026-12-31`, or a time with its zone such as `2026-12-31T23:59:59Z`";

std::string fault(std::string_view text, std::string_view why) {
  return in_backticks(text) + " is not a time: " + std::string(why) + std::string(kForm);
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  [[nodiscard]] bool done() const noexcept { return text_.empty(); }
  [[nodiscard]] char peek() const noexcept { return text_.empty() ? '\0' : text_[0]; }

  bool take(char c) noexcept {
    if (peek() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  std::optional<int> digits(std::size_t count) noexcept {
    if (text_.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : text_.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    text_.remove_prefix(count);
    return value;
  }

  // Digits behind a decimal point: at least one.
  std::optional<std::chrono::microseconds> fraction() noexcept {
    std::chrono::microseconds value{0};
    std::chrono::microseconds unit{100'000};
    bool any = false;
    while (peek() >= '0' && peek() <= '9') {
      value += (peek() - '0') * unit;
      unit /= 10;
      any = true;
      text_.remove_prefix(1);
    }
    return any ? std::optional(value) : std::nullopt;
  }

 private:
  std::string_view text_;
};

std::optional<std::chrono::sys_days> read_date(Reader& in) {
  const auto year = in.digits(4);
  if (!year || !in.take('-')) return std::nullopt;
  const auto month = in.digits(2);
  if (!month || !in.take('-')) return std::nullopt;
  const auto day = in.digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

std::optional<std::chrono::microseconds> read_clock(Reader& in) {
  const auto hour = in.digits(2);
  if (!hour || *hour > 23 || !in.take(':')) return std::nullopt;
  const auto minute = in.digits(2);
  if (!minute || *minute > 59 || !in.take(':')) return std::nullopt;
  const auto second = in.digits(2);
  if (!second || *second > 59) return std::nullopt;
  std::chrono::microseconds value =
      std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
  if (!in.take('.')) return value;
  const auto fraction = in.fraction();
  if (!fraction) return std::nullopt;
  return value + *fraction;
}

std::optional<std::chrono::minutes> read_zone(Reader& in) {
  if (in.take('Z') || in.take('z')) return std::chrono::minutes(0);
  const bool west = in.peek() == '-';
  if (!in.take('-') && !in.take('+')) return std::nullopt;
  const auto hour = in.digits(2);
  if (!hour || *hour > 23 || !in.take(':')) return std::nullopt;
  const auto minute = in.digits(2);
  if (!minute || *minute > 59) return std::nullopt;
  const std::chrono::minutes offset = std::chrono::hours(*hour) + std::chrono::minutes(*minute);
  return west ? -offset : offset;
}

}  // namespace

boost::system::result<Instant, std::string> parse_instant(std::string_view text) {
  Reader in(text);
  const auto date = read_date(in);
  if (!date) return fault(text, "the date is not YEAR-MONTH-DAY, or does not exist");
  if (in.done()) return Instant(*date);
  if (!in.take('T') && !in.take('t')) return fault(text, "`T` must follow the date");
  const auto clock = read_clock(in);
  if (!clock) return fault(text, "the time of day is not HH:MM:SS from 00:00:00 to 23:59:59");
  if (in.done()) return fault(text, "the zone is missing");
  const auto zone = read_zone(in);
  if (!zone || !in.done()) return fault(text, "the zone is not `Z` or an offset such as `+09:00`");
  return Instant(*date) + *clock - *zone;
}

std::string render_instant(Instant instant) {
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date(day);
  const auto second = std::chrono::floor<std::chrono::seconds>(instant - day).count();
  char out[48];
  const int size = std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02dZ",
                                 static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                                 static_cast<unsigned>(date.day()), static_cast<int>(second / 3600),
                                 static_cast<int>(second / 60 % 60), static_cast<int>(second % 60));
  return std::string(out, size > 0 ? static_cast<std::size_t>(size) : 0);
}

Instant to_instant(std::chrono::system_clock::time_point time) noexcept {
  return std::chrono::floor<std::chrono::microseconds>(time);
}

}  // namespace ssmgate
