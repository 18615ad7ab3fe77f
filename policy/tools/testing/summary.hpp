// What all three forms of a test report say alike.
#pragma once

#include <string>

#include "ssmgate/tools/policy_test.hpp"

namespace ssmgate::tools {

struct TestCounts {
  std::size_t cases = 0;
  std::size_t failed = 0;
  std::size_t unexercised_allow = 0;
  std::size_t unexercised_deny = 0;
};

[[nodiscard]] TestCounts count_results(const TestReport& report) noexcept;

// "allow by `orders-db`", "deny (no-rule)": one line.
[[nodiscard]] std::string describe_finding(const Finding& finding);

// "no case exercised the allow rule `orders-db`; write one that it allows", without its place.
[[nodiscard]] std::string describe_unexercised(const UnexercisedRule& rule);

// "FILE:LINE:COLUMN", fit for a terminal.
[[nodiscard]] std::string describe_place(const std::string& path, Position where);

}  // namespace ssmgate::tools
