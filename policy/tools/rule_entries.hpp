// The entries of a rule's lists, one by one: a rule cut down to a single one of them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/compiled.hpp"

namespace ssmgate::tools {

struct RuleEntry {
  std::string text;                     // as the file writes it; a group's member by its name
  std::function<void(Rule&)> cut_down;  // leaves this entry alone in the list of a copy of the rule
};

struct RuleList {
  std::string key;  // `hosts`, `parameters.NAME`
  std::vector<RuleEntry> entries;
};

// Every list of `rule`, which must outlive the result.
[[nodiscard]] std::vector<RuleList> lists_of(const Rule& rule);

// A copy of `rule` without the criterion `key`, one of those of lists_of.
[[nodiscard]] Rule without(const Rule& rule, std::string_view key);

}  // namespace ssmgate::tools
