// tests/golden/policy-test: NAME.test.yaml is a policy-test file, NAME.txt what `ssmgate test` says
// of it; NAME.tap and NAME.xml the same under --strict, where it could be run.
// With SSMGATE_UPDATE_GOLDEN set they are written anew, to be read before a commit.
#include <doctest/doctest.h>

#include <filesystem>

#include "ssmgate/tools/policy_test.hpp"
#include "support/golden.hpp"

using namespace ssmgate;
using namespace ssmgate::test;
namespace fs = std::filesystem;

namespace {

const tools::Time kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);

fs::path folder() {
  return fs::path(SSMGATE_TEST_DATA) / "golden/policy-test";
}

void check_golden(const fs::path& golden, const std::string& got) {
  const std::string file = golden.filename().string();
  CAPTURE(file);
  CHECK(got == expected(golden, got));
}

tools::TestReport run(const std::string& name, const tools::PolicyTest& test, bool strict) {
  const LoadedPolicy policy = load_policy(read_file(folder() / test.policy));
  REQUIRE(policy.policy != nullptr);
  tools::TestReport report;
  report.strict = strict;
  report.files.push_back({name, tools::run_policy_test(test, *policy.policy, kNow)});
  tools::Coverage coverage;
  for (const tools::CaseResult& result : report.files[0].results) coverage.add(result.finding);
  coverage.append_unexercised(*policy.policy, test.policy, report.unexercised);
  if (const auto warning = tools::find_clock_dependence(test, *policy.policy)) {
    report.warnings.push_back(render_diagnostic(name, *warning));
  }
  return report;
}

std::vector<tools::CaseResult> run_inline(const tools::LoadedPolicyTest& loaded,
                                          std::string_view policy) {
  REQUIRE(loaded.diagnostics.empty());
  const LoadedPolicy rules = load_policy(policy);
  REQUIRE(rules.policy != nullptr);
  return tools::run_policy_test(*loaded.test, *rules.policy, kNow);
}

}  // namespace

TEST_CASE("every policy test says what the golden file says") {
  std::size_t run_count = 0, refused = 0;
  for (const fs::path& path : golden_files("policy-test", ".yaml")) {
    const std::string file = path.filename().string();
    if (!file.ends_with(".test.yaml")) continue;
    const std::string name = file.substr(0, file.size() - std::string(".test.yaml").size());
    const tools::LoadedPolicyTest loaded = tools::load_policy_test(read_file(path));
    CAPTURE(file);
    CHECK(loaded.test.has_value() == !has_errors(loaded.diagnostics));
    if (loaded.test) {
      ++run_count;
      check_golden(folder() / (name + ".txt"),
                   tools::render_test_text(run(file, *loaded.test, false)));
      const tools::TestReport strict = run(file, *loaded.test, true);
      check_golden(folder() / (name + ".tap"), tools::render_test_tap(strict));
      check_golden(folder() / (name + ".xml"), tools::render_test_junit(strict));
      CHECK(tools::has_failures(strict) == (name != "passes"));
      continue;
    }
    ++refused;
    std::string said;
    for (const Diagnostic& d : loaded.diagnostics) said += render_diagnostic(file, d) + '\n';
    check_golden(folder() / (name + ".txt"), said);
  }
  CHECK(run_count == 3);
  CHECK(refused == 9);
}

TEST_CASE("an unexercised rule fails nothing unless it is asked for") {
  const auto loaded = tools::load_policy_test(read_file(folder() / "unexercised.test.yaml"));
  REQUIRE(loaded.test.has_value());
  CHECK_FALSE(tools::has_failures(run("unexercised.test.yaml", *loaded.test, false)));
  CHECK(tools::has_failures(run("unexercised.test.yaml", *loaded.test, true)));
}

TEST_CASE("a request becomes JSON as it is written") {
  const auto loaded = tools::load_policy_test(
      "policy: p\n"
      "cases:\n"
      "  - name: a\n"
      "    expect: malformed\n"
      "    request: {s: \"1\", i: 1, f: -1.5e3, b: True, n: ~, y: yes, e: '', l: [a, "
      "[\"\\n\\x7F\"]], m: {}}\n");
  REQUIRE(loaded.test.has_value());
  CHECK(loaded.test->cases[0].body ==
        R"({"s": "1", "i": 1, "f": -1.5e3, "b": true, "n": null, "y": "yes", "e": "", )"
        R"("l": ["a", ["\u000a\u007f"]], "m": {}})");
  CHECK(loaded.test->cases[0].untyped == Position{5, 26});
}

TEST_CASE("a case without a time is judged at the given one") {
  const auto loaded = tools::load_policy_test(
      "policy: p\n"
      "cases:\n"
      "  - {name: now, expect: deny, request: {Target: i-0abc123def4567890}}\n"
      "  - {name: later, at: 2026-11-24, expect: allow, request: {Target: i-0abc123def4567890}}\n");
  const auto results = run_inline(loaded,
                                  "version: 1\nallow: [{id: a, documents: "
                                  "SSM-SessionManagerRunShell, not_before: 2026-11-24}]\n");
  REQUIRE(results.size() == 2);
  CHECK(results[0].faults.empty());
  CHECK(results[1].faults.empty());
}

TEST_CASE("the clock is warned of only where it matters") {
  const auto timeless = tools::load_policy_test(
      "policy: p\ncases: [{name: n, expect: deny, request: {Target: x}}]\n");
  const auto timed = tools::load_policy_test(
      "policy: p\nat: 2026-11-24\ncases: [{name: n, expect: deny, request: {Target: x}}]\n");
  REQUIRE(timeless.test.has_value());
  REQUIRE(timed.test.has_value());
  const auto warns = [&](const tools::LoadedPolicyTest& loaded, const std::string& rest) {
    const LoadedPolicy policy = load_policy("version: 1\n" + rest);
    REQUIRE(policy.policy != nullptr);
    return tools::find_clock_dependence(*loaded.test, *policy.policy).has_value();
  };
  CHECK_FALSE(warns(timeless, "allow: [{id: a, documents: Doc}]\n"));
  CHECK(warns(timeless, "allow: [{id: a, documents: Doc, expires: 2030-01-01}]\n"));
  CHECK(warns(timeless, "deny: [{id: a, not_before: 2030-01-01}]\n"));
  CHECK(warns(timeless, "deny: [{id: a, mode: report, until: 2030-01-01}]\n"));
  CHECK(warns(timeless, "mode: report\nuntil: 2030-01-01\n"));
  CHECK(warns(timeless, "deny: [{id: a, hours: {from: \"09:00\", to: \"10:00\", zone: UTC}}]\n"));
  CHECK_FALSE(warns(timed, "mode: report\nuntil: 2030-01-01\n"));
}
