// Limits to hosts, ports and commands that another rule, or an operation, goes round.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "sets/rule_sets.hpp"
#include "tools/lint_parts.hpp"

namespace ssmgate::tools {

[[nodiscard]] std::string quoted(std::string_view text);
// "`a`", "`a` and `b`", "`a`, `b`, `c` and 4 more"
[[nodiscard]] std::string named(const std::vector<const Rule*>& rules);

// Rules of `idle` never decide: nothing is said of them.
void lint_limits(const LintContext& context, sets::RuleSets& sets,
                 const std::set<const Rule*>& idle);

}  // namespace ssmgate::tools
