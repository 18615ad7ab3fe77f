// What `ssmgate doctor` found: one line each, with the line that mends it.
//
// Owns: how findings are shown, and the exit status. Does not own: any check.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ssmgate::doctor {

enum class Level : std::uint8_t {
  problem,  // something fails, or goes past the gateway
  warning,  // it works now, and hardly is meant so
  ok,
};
// "problem", "warning", "ok".
[[nodiscard]] std::string_view name(Level level) noexcept;

struct Finding {
  Level level = Level::problem;
  std::string id;    // TOPIC.NAME; stable, docs/doctor.md has them all
  std::string text;  // what is so, and what comes of it
  std::string mend;  // what to type or to write; empty for ok
};
using Findings = std::vector<Finding>;

[[nodiscard]] Finding ok(std::string id, std::string text);
[[nodiscard]] Finding warning(std::string id, std::string text, std::string mend);
[[nodiscard]] Finding problem(std::string id, std::string text, std::string mend);

void append(Findings& all, Findings more);

// A line a finding, and below it what mends it; the last line counts. Nothing in it does anything
// to a terminal but the colours, where they are wanted.
[[nodiscard]] std::string render_text(const Findings& findings, bool colours);
// {"findings":[{"id":…,"level":…,"text":…,"mend":…}],"problems":N,"warnings":N} and a newline.
[[nodiscard]] std::string render_json(const Findings& findings);

// 0: all ok. 1: warnings. 2: problems.
[[nodiscard]] int exit_status(const Findings& findings) noexcept;

}  // namespace ssmgate::doctor
