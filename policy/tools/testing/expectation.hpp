// What a case of a policy-test file expects: its `expect`, `code`, `effect` and rules.
#pragma once

#include "rules/value_reader.hpp"
#include "ssmgate/tools/policy_test.hpp"

namespace ssmgate::tools {

// From the keys of a case; faults are reported at their place.
[[nodiscard]] Expectation load_expectation(const TreeNode& node, ValueReader& in);

}  // namespace ssmgate::tools
