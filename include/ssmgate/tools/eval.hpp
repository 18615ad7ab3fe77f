// `ssmgate eval`, the pure part: what a person says about a caller, judged as the gateway would.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>

#include "ssmgate/rules/decide.hpp"

namespace ssmgate::tools {

// The caller as options or a batch line give it; absent is left out.
struct EvalCaller {
  std::optional<std::string> user;
  std::optional<std::string> unix_user;
  std::vector<std::string> unix_groups;
  std::optional<std::string> client;  // an address; 127.0.0.1 when absent
  std::optional<std::string> access_key;
  std::optional<std::string> account;  // 12 digits
  std::optional<std::string> region;
  std::optional<std::string> at;  // a time of the policy language; now when absent
};

using Time = std::chrono::system_clock::time_point;

// What is wrong with what is said about the caller, in one line with a hint; empty: nothing.
[[nodiscard]] std::string find_caller_fault(const EvalCaller& caller);

// Judges one StartSession body. `error` is a usage error: one line with a hint.
[[nodiscard]] boost::system::result<Finding, std::string> evaluate(const Policy& policy,
                                                                   const EvalCaller& caller,
                                                                   std::string_view body, Time now);

// One line of `--batch`: appends the answer and a newline to `out`. False when the line could not
// be read, for which the answer is `{"error": …}`.
[[nodiscard]] bool evaluate_line(const Policy& policy, std::string_view line, Time now,
                                 std::string& out);

// docs/policy.md, "The tools": one JSON object on one line, without a newline, appended to `out`.
void render_finding_json(const Finding& finding, std::string& out);

// For a person: the decision and the code on one line, the message on the next.
[[nodiscard]] std::string render_finding_text(const Finding& finding);

}  // namespace ssmgate::tools
