#include "audit/filter.hpp"

#include <algorithm>
#include <charconv>

#include "ssmgate/names/glob.hpp"
#include "ssmgate/text/diagnostic.hpp"
#include "ssmgate/tools/time.hpp"

namespace ssmgate::audit {
namespace {

bool any_glob_matches(const std::vector<std::string>& globs, std::string_view text) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return glob_matches(glob, text); });
}

bool field_matches(const RecordView& record, Field field, const std::vector<std::string>& globs) {
  const std::string_view raw = record.raw(field);
  if (raw.empty()) return false;
  if (raw.front() == '[') {
    const auto texts = record.list(field);
    return std::any_of(texts.begin(), texts.end(),
                       [&](const std::string& text) { return any_glob_matches(globs, text); });
  }
  // Most values hold no escape: they are compared where they stand.
  if (raw.front() == '"' && raw.find('\\') == std::string_view::npos) {
    return any_glob_matches(globs, raw.substr(1, raw.size() - 2));
  }
  return any_glob_matches(globs, record.text(field));
}

// "2026-11-23T17:18:45.123Z", the one form that a gateway writes.
std::optional<Time> read_own_time(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd.dddZ";
  if (text.size() != kForm.size()) return std::nullopt;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kForm[i] == 'd' ? !digit : text[i] != kForm[i]) return std::nullopt;
  }
  const auto part = [&](std::size_t at, std::size_t size) {
    unsigned value = 0;
    for (const char c : text.substr(at, size)) value = value * 10 + static_cast<unsigned>(c - '0');
    return value;
  };
  using namespace std::chrono;
  const auto years = static_cast<int>(part(0, 4));
  const year_month_day date(year(years), month(part(5, 2)), day(part(8, 2)));
  const bool good = date.ok() && years >= 1678 && years <= 2261 && part(11, 2) < 24 &&
                    part(14, 2) < 60 && part(17, 2) < 60;
  if (!good) return std::nullopt;
  return sys_days(date) + hours(part(11, 2)) + minutes(part(14, 2)) + seconds(part(17, 2)) +
         milliseconds(part(20, 3));
}

std::optional<std::chrono::seconds> unit_of(char letter) {
  switch (letter) {
    case 's': return std::chrono::seconds(1);
    case 'm': return std::chrono::minutes(1);
    case 'h': return std::chrono::hours(1);
    case 'd': return std::chrono::days(1);
    default: return std::nullopt;
  }
}

// LIMIT: 36,500 days, so that no arithmetic runs over.
constexpr std::chrono::seconds kLongestAgo = std::chrono::days(36'500);

std::optional<std::chrono::seconds> parse_ago(std::string_view text) {
  const auto unit = text.empty() ? std::nullopt : unit_of(text.back());
  if (!unit) return std::nullopt;
  const std::string_view digits = text.substr(0, text.size() - 1);
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  const std::chrono::seconds ago = *unit * static_cast<std::int64_t>(count);
  return ago <= kLongestAgo ? std::optional(ago) : std::nullopt;
}

}  // namespace

std::optional<Time> time_of(const RecordView& record) {
  const std::string_view raw = record.raw(Field::time);
  if (raw.size() < 2 || raw.front() != '"') return std::nullopt;
  const std::string_view text = raw.substr(1, raw.size() - 2);
  if (const auto time = read_own_time(text)) return time;
  const auto time = tools::parse_time(text);
  return time ? std::optional(*time) : std::nullopt;
}

bool Filter::matches(const RecordView& record) const {
  if (since || until) {
    const auto time = time_of(record);
    if (!time || (since && *time < *since) || (until && *time >= *until)) return false;
  }
  return std::all_of(tests.begin(), tests.end(), [&](const FieldTest& test) {
    return std::any_of(test.fields.begin(), test.fields.end(),
                       [&](Field field) { return field_matches(record, field, test.globs); });
  });
}

std::variant<std::string, Time> parse_moment(std::string_view text, Time now) {
  if (const auto ago = parse_ago(text)) return now - *ago;
  const auto time = tools::parse_time(text);
  if (time) return *time;
  return in_backticks(text) +
         " is no time; write one with its zone such as `2026-11-23T09:00:00Z`, a date, or how long "
         "ago: `90s`, `15m`, `2h`, `7d`";
}

}  // namespace ssmgate::audit
