#include "commands/doctor/finding.hpp"

#include <algorithm>
#include <array>

#include "ssmgate/text/diagnostic.hpp"
#include "wire/json.hpp"

namespace ssmgate::doctor {
namespace {

constexpr std::array<std::string_view, 3> kColours = {"\033[1;31m", "\033[33m", "\033[32m"};
constexpr std::string_view kNoColour = "\033[0m";

std::size_t count_of(const Findings& findings, Level level) noexcept {
  return static_cast<std::size_t>(std::ranges::count(findings, level, &Finding::level));
}

std::string counted(std::size_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

}  // namespace

std::string_view name(Level level) noexcept {
  switch (level) {
    case Level::ok: return "ok";
    case Level::warning: return "warning";
    case Level::problem: break;
  }
  return "problem";
}

Finding ok(std::string id, std::string text) {
  return {Level::ok, std::move(id), std::move(text), {}};
}

Finding warning(std::string id, std::string text, std::string mend) {
  return {Level::warning, std::move(id), std::move(text), std::move(mend)};
}

Finding problem(std::string id, std::string text, std::string mend) {
  return {Level::problem, std::move(id), std::move(text), std::move(mend)};
}

void append(Findings& all, Findings more) {
  std::ranges::move(more, std::back_inserter(all));
}

std::string render_text(const Findings& findings, bool colours) {
  constexpr std::size_t kWidth = std::string_view("problem").size();
  std::string text;
  for (const Finding& each : findings) {
    const std::string_view word = name(each.level);
    if (colours) text += kColours.at(static_cast<std::size_t>(each.level));
    text += word;
    if (colours) text += kNoColour;
    text += std::string(kWidth - word.size() + 2, ' ') + escape_invisible(each.text) + "\n";
    if (each.mend.empty()) continue;
    text += std::string(kWidth, ' ') + "  mend: " + escape_invisible(each.mend) + "\n";
  }
  const std::size_t problems = count_of(findings, Level::problem);
  const std::size_t warnings = count_of(findings, Level::warning);
  if (problems + warnings == 0) return text + "nothing is wrong\n";
  return text + counted(problems, "problem") + ", " + counted(warnings, "warning") + "\n";
}

std::string render_json(const Findings& findings) {
  std::vector<std::string> all;
  for (const Finding& each : findings) {
    wire::JsonObject one;
    one.text("id", each.id).text("level", name(each.level)).text("text", each.text);
    if (!each.mend.empty()) one.text("mend", each.mend);
    all.push_back(one.done());
  }
  return wire::JsonObject()
             .raw("findings", wire::json_array(all))
             .number("problems", count_of(findings, Level::problem))
             .number("warnings", count_of(findings, Level::warning))
             .done() +
         "\n";
}

int exit_status(const Findings& findings) noexcept {
  if (count_of(findings, Level::problem) > 0) return 2;
  return count_of(findings, Level::warning) > 0 ? 1 : 0;
}

}  // namespace ssmgate::doctor
