// Which records somebody asks for.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "audit/record_view.hpp"

namespace ssmgate::audit {

using Time = std::chrono::system_clock::time_point;

// Globs of the policy language over one field; one that matches is enough. A field that is absent
// matches none, and a list matches by one of its texts.
struct FieldTest {
  std::vector<Field> fields;  // of which one must match
  std::vector<std::string> globs;
};

struct Filter {
  std::optional<Time> since;  // at or after
  std::optional<Time> until;  // before
  std::vector<FieldTest> tests;

  // All of it holds. With a bound in time, a record whose time cannot be read never matches.
  [[nodiscard]] bool matches(const RecordView& record) const;
};

// The `time` of a record; nothing when it has none that can be read.
[[nodiscard]] std::optional<Time> time_of(const RecordView& record);

// What a person types behind `--since`: a time of the policy language, or how long before `now`:
// `90s`, `15m`, `2h`, `7d`. Otherwise what is wrong, in one line with a hint.
[[nodiscard]] std::variant<std::string, Time> parse_moment(std::string_view text, Time now);

}  // namespace ssmgate::audit
