// `ssmgate test`, the pure part: a file of requests and what a policy must say to each.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ssmgate/rules/decide.hpp"
#include "ssmgate/text/diagnostic.hpp"
#include "ssmgate/tools/eval.hpp"

namespace ssmgate::tools {

// What a case says of the judgement; absent is left out and not looked at.
struct Expectation {
  Decision decision = Decision::deny;
  std::optional<std::string> code;
  std::optional<std::string> effect;
  std::optional<std::string> rule;     // empty: that no rule decided (`rule: null`)
  std::optional<std::string> nearest;  // likewise
  std::optional<std::vector<std::string>> reported;
};

struct PolicyTestCase {
  std::string name;
  Position where;
  EvalCaller caller;  // `at` holds the file's own when the case has none
  std::string body;   // raw bytes, as a client would send them
  Expectation expect;
  // Of the first number, boolean or null that `request` holds, of which JSON makes no text.
  std::optional<Position> untyped;
};

struct PolicyTest {
  std::string policy;  // a path, relative to the file's folder
  Position policy_where;
  std::vector<PolicyTestCase> cases;  // at least one, names unique
};

struct LoadedPolicyTest {
  std::optional<PolicyTest> test;  // absent when `diagnostics` has errors
  Diagnostics diagnostics;         // sorted
};

// Loads the text of a policy-test file (docs/policy.md). All errors are reported in one go.
[[nodiscard]] LoadedPolicyTest load_policy_test(std::string_view text);

struct CaseResult {
  const PolicyTestCase* tested = nullptr;
  Finding finding;
  std::vector<std::string> faults;  // what was not as expected; empty: the case passed
};

struct TestedFile {
  std::string path;  // as the user named it
  std::vector<CaseResult> results;
};

// A rule that no case reached, at its place in the policy file.
struct UnexercisedRule {
  std::string policy;  // the policy's path
  Position where;
  std::string id;
  bool denies = false;
};

struct TestReport {
  std::vector<TestedFile> files;
  std::vector<UnexercisedRule> unexercised;  // by policy, allow rules first, in the file's order
  std::vector<std::string> warnings;         // "FILE:LINE:COLUMN: warning: …"
  bool strict = false;                       // an unexercised rule and a warning are failures
};

// Which rules of one policy the cases reached: over all test files of that policy.
class Coverage {
 public:
  void add(const Finding& finding);
  void append_unexercised(const Policy& policy, const std::string& path,
                          std::vector<UnexercisedRule>& out) const;

 private:
  std::set<std::string, std::less<>> reached_;
};

// Judges every case. `now` stands for the time of the cases that have none. `test` must outlive the
// results.
[[nodiscard]] std::vector<CaseResult> run_policy_test(const PolicyTest& test, const Policy& policy,
                                                      Time now);

// The first case without a time, when the policy goes by time: its outcome may change by itself.
[[nodiscard]] std::optional<Diagnostic> find_clock_dependence(const PolicyTest& test,
                                                              const Policy& policy);

[[nodiscard]] bool has_failures(const TestReport& report) noexcept;

// docs/policy.md, "Testing a policy": for a person; TAP version 13; JUnit's XML.
[[nodiscard]] std::string render_test_text(const TestReport& report);
[[nodiscard]] std::string render_test_tap(const TestReport& report);
[[nodiscard]] std::string render_test_junit(const TestReport& report);

}  // namespace ssmgate::tools
