// The entries of a rule's lists, one by one: the rule cut down to a single one of them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "rules/compiled.hpp"

namespace ssmgate::tools {

struct RuleEntry {
  std::string text;               // as the file writes it; a group's member by its name
  std::function<Rule()> cut;      // the rule with this entry alone in the list
};

struct RuleList {
  std::string key;  // `hosts`, `parameters.NAME`
  std::vector<RuleEntry> entries;
};

// Every list of `rule`, which must outlive the result.
[[nodiscard]] std::vector<RuleList> lists_of(const Rule& rule);

}  // namespace ssmgate::tools
