// A policy-test file (and, behind a line `%%`, the policy that it tests; else the built-in one): it
// loads or it has errors, in words that may go to a terminal and at places of the file; what loads
// is judged without a usage error and alike every time, and every report is what it claims to be.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "ssmgate/tools/policy_test.hpp"
#include "support/fuzz_check.hpp"

using namespace ssmgate;

namespace {

constexpr std::string_view kSeparator = "\n%%\n";
const tools::Time kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);

void check_diagnostics(const Diagnostics& diagnostics, std::string_view text) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  for (const Diagnostic& d : diagnostics) {
    FUZZ_CHECK(d.where.line >= 1 && d.where.line <= lines && d.where.column >= 1);
    FUZZ_CHECK(!d.text.empty() && escape_invisible(d.text) == d.text);
  }
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos;
       at = text.find(what, at + what.size())) {
    ++found;
  }
  return found;
}

// No line of a report can be forged by what a file holds, and no byte of it moves a terminal.
void check_report(const tools::TestReport& report, std::size_t cases) {
  const std::string text = tools::render_test_text(report);
  const std::string tap = tools::render_test_tap(report);
  const std::string junit = tools::render_test_junit(report);
  for (const std::string* out : {&text, &tap, &junit}) {
    std::string printable = *out;
    std::replace(printable.begin(), printable.end(), '\n', ' ');
    FUZZ_CHECK(escape_invisible(printable) == printable);
  }
  const std::size_t loose = report.strict ? report.unexercised.size() + report.warnings.size() : 0;
  FUZZ_CHECK(tap.starts_with("TAP version 13\n1.." + std::to_string(cases + loose) + '\n'));
  FUZZ_CHECK(count(tap, "\nok ") + count(tap, "\nnot ok ") == cases + loose);
  FUZZ_CHECK(count(junit, "<testcase ") == cases + loose);
  FUZZ_CHECK(tools::has_failures(report) == (count(tap, "\nnot ok ") > 0));
  FUZZ_CHECK(tools::has_failures(report) == (count(junit, "<failure ") > 0));
}

void check_run(const tools::PolicyTest& test, const Policy& policy) {
  tools::TestReport report;
  report.files.push_back({"f.yaml", tools::run_policy_test(test, policy, kNow)});
  const auto again = tools::run_policy_test(test, policy, kNow);
  tools::Coverage coverage;
  for (std::size_t i = 0; i < again.size(); ++i) {
    const tools::CaseResult& result = report.files[0].results[i];
    FUZZ_CHECK(result.faults == again[i].faults);
    FUZZ_CHECK(!result.finding.message.empty());  // it was judged
    const bool malformed = result.finding.decision == Decision::malformed;
    FUZZ_CHECK(!malformed || result.finding.effect == Effect::refuse);
    coverage.add(result.finding);
  }
  coverage.append_unexercised(policy, "p.yaml", report.unexercised);
  if (const auto warning = tools::find_clock_dependence(test, policy)) {
    report.warnings.push_back(render_diagnostic("f.yaml", *warning));
  }
  check_report(report, test.cases.size());
  report.strict = true;
  check_report(report, test.cases.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t split = input.find(kSeparator);
  const std::string_view text = input.substr(0, split);
  const tools::LoadedPolicyTest loaded = tools::load_policy_test(text);
  FUZZ_CHECK(loaded.test.has_value() == !has_errors(loaded.diagnostics));
  check_diagnostics(loaded.diagnostics, text);
  if (!loaded.test) return 0;
  FUZZ_CHECK(!loaded.test->cases.empty());
  const LoadedPolicy policy =
      load_policy(split == std::string_view::npos ? builtin_policy_text()
                                                  : input.substr(split + kSeparator.size()));
  if (policy.policy != nullptr) check_run(*loaded.test, *policy.policy);
  return 0;
}
