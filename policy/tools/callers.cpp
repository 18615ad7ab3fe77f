#include "ssmgate/tools/callers.hpp"

#include "rules/compiled.hpp"

namespace ssmgate::tools {
namespace {

bool holds_for_nobody(const UsersCriterion& users, const KnownOfCallers& known) {
  if (!users.said) return false;
  if (known.users && (users.any || !users.names.empty())) return false;
  const bool of_unix = users.any || !users.unix_users.empty() || !users.unix_groups.empty();
  return !(known.unix_users && of_unix);
}

}  // namespace

std::vector<std::string> find_rules_for_nobody(const Policy& policy, const KnownOfCallers& known) {
  std::vector<std::string> ids;
  const CompiledRules& rules = policy.rules();
  for (const auto* list : {&rules.deny, &rules.allow}) {
    for (const Rule& rule : *list) {
      if (holds_for_nobody(rule.users, known)) ids.push_back(rule.id);
    }
  }
  return ids;
}

}  // namespace ssmgate::tools
