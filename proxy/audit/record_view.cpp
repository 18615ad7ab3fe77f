#include "audit/record_view.hpp"

#include <algorithm>
#include <charconv>

#include <boost/json.hpp>

#include "audit/json_scan.hpp"
#include "audit/ocsf_view.hpp"

namespace ssmgate::audit {
namespace {

constexpr std::array<std::string_view, kFields> kNames = {
    "time",
    "seq",
    "prev",
    "event",
    "request_id",
    "decision",
    "effect",
    "code",
    "rule",
    "nearest",
    "reported",
    "message",
    "policy_revision",
    "listener",
    "client",
    "user",
    "auth",
    "access_key",
    "account",
    "region",
    "endpoint",
    "operation",
    "document",
    "target",
    "host",
    "port",
    "parameters",
    "session_reason",
    "session_id",
    "status",
    "aws_request_id",
    "duration_ms",
    "bytes_up",
    "bytes_down",
    "closed_by",
};

constexpr auto kAllFields = [] {
  std::array<Field, kFields> all{};
  for (std::size_t i = 0; i < kFields; ++i) all[i] = static_cast<Field>(i);
  return all;
}();

// A gateway writes the fields in one order, so the next is most often the one behind the last.
std::size_t find_field(std::string_view key, std::size_t guess) noexcept {
  for (std::size_t i = 0; i < kFields; ++i) {
    const std::size_t at = (guess + i) % kFields;
    if (kNames[at] == key) return at;
  }
  return kFields;
}

// tests/e2e/test_completion.py holds them against the record's schema.
constexpr std::array<std::string_view, 9> kEvents = {"start",       "stop",       "policy",
                                                     "decision",    "result",     "connect",
                                                     "session-end", "checkpoint", "probe"};
constexpr std::array<std::string_view, 5> kDecisions = {"allow", "deny", "malformed", "relay",
                                                        "error"};
constexpr std::array<std::string_view, 2> kEffects = {"relay", "refuse"};

}  // namespace

std::string_view name(Field field) noexcept {
  return kNames[static_cast<std::size_t>(field)];
}

std::span<const Field> fields() noexcept {
  return kAllFields;
}

std::span<const std::string_view> words(Field field) noexcept {
  switch (field) {
    case Field::event: return kEvents;
    case Field::decision: return kDecisions;
    case Field::effect: return kEffects;
    default: return {};
  }
}

std::optional<RecordView> scan_record(std::string_view line) {
  RecordView record;
  OcsfMembers ocsf;
  std::size_t guess = 0;
  bool once = true;
  const bool whole = scan_json_object(line, [&](std::string_view key, std::string_view value) {
    const std::size_t at = find_field(key, guess);
    if (at == kFields) {
      once = ocsf.take(key, value) && once;
      return;
    }
    guess = at + 1;
    once = once && record.raw_[at].empty();
    record.raw_[at] = value;
  });
  if (!whole || !once) return std::nullopt;
  if (!record.has(Field::event) && ocsf.found() && !ocsf.spread(record.raw_)) return std::nullopt;
  if (!record.has(Field::event)) return std::nullopt;
  return record;
}

std::optional<std::string> unquote(std::string_view raw) {
  if (raw.size() < 2 || raw.front() != '"' || raw.back() != '"') return std::nullopt;
  const std::string_view inner = raw.substr(1, raw.size() - 2);
  if (inner.find('\\') == std::string_view::npos) return std::string(inner);
  boost::system::error_code error;
  const auto value = boost::json::parse(raw, error);
  if (error || !value.is_string()) return std::nullopt;
  return std::string(value.get_string());
}

std::string RecordView::text(Field field) const {
  const std::string_view value = raw(field);
  if (auto unquoted = unquote(value)) return std::move(*unquoted);
  return std::string(value);
}

std::optional<std::uint64_t> RecordView::number(Field field) const noexcept {
  const std::string_view value = raw(field);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (value.empty() || error != std::errc() || end != value.data() + value.size()) {
    return std::nullopt;
  }
  return number;
}

std::vector<std::string> RecordView::list(Field field) const {
  std::vector<std::string> texts;
  boost::system::error_code error;
  const auto value = boost::json::parse(raw(field), error);
  if (error || !value.is_array()) return texts;
  for (const auto& item : value.get_array()) {
    if (item.is_string()) texts.emplace_back(item.get_string());
  }
  return texts;
}

}  // namespace ssmgate::audit
