// A rule in the making: the requests of one user to one host that can stand in one rule.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "audit/asked.hpp"
#include "ssmgate/text/tree.hpp"

namespace ssmgate::audit {

// How often, by whom, when.
struct Tally {
  std::uint64_t count = 0;
  std::string first, last;           // times as recorded
  std::vector<std::string> clients;  // the first few different ones
  std::vector<std::string> keys;
  std::vector<std::string> reasons;

  void add(const Tally& other);
};

// Puts `text` behind the others unless it is empty, is there, or they are many already.
void note(std::vector<std::string>& texts, const std::string& text);

// INVARIANT: the rule allows every combination of its lists, and each of them was asked for.
struct SuggestedRule {
  // What all of its requests agree on. `target`, `port`, `command` and the values of `parameters`
  // hold those of one of them, and are looked at for their presence alone.
  Asked shape;
  // Sorted entries: of targets, ports, commands, and then of each of the shape's parameters.
  std::vector<std::vector<std::string>> lists;
  Tally tally;

  SuggestedRule(const Asked& asked, Tally counted);
};

// Joins rules that differ in one list alone, as long as there are any: the union of two such is
// exactly what both allow. The order that comes back is that of users, hosts, documents.
[[nodiscard]] std::vector<SuggestedRule> join_rules(std::vector<SuggestedRule> rules);

// An id for it out of its user and where it leads; not yet a unique one.
[[nodiscard]] std::string id_of(const SuggestedRule& rule);

// The rule as a policy file has it.
[[nodiscard]] TreeNode tree_of(const SuggestedRule& rule, const std::string& id);

}  // namespace ssmgate::audit
