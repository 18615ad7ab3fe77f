#include "rules/nearest.hpp"

#include <algorithm>
#include <limits>

#include "rules/criteria.hpp"

namespace ssmgate {
namespace {

bool may_be_named(const Rule& rule, const Facts& facts) {
  const bool ended = rule.report_until && facts.now >= *rule.report_until;
  return !ended && holds(Criterion::documents, rule, facts) &&
         holds(Criterion::users, rule, facts) && holds(Criterion::clients, rule, facts);
}

}  // namespace

const Rule* find_nearest(const CompiledRules& policy, const Facts& facts) {
  const Rule* nearest = nullptr;
  auto fewest = std::numeric_limits<std::ptrdiff_t>::max();
  policy.allow_index.each(facts.document.name(), [&](std::uint32_t index) {
    const Rule& rule = policy.allow[index];
    if (!may_be_named(rule, facts)) return true;
    const auto all = criteria();
    const auto failed = std::count_if(all.begin(), all.end(), [&](Criterion criterion) {
      return !holds(criterion, rule, facts);
    });
    if (failed == 0 || failed >= fewest) return true;
    nearest = &rule;
    fewest = failed;
    return fewest > 1;
  });
  return nearest;
}

}  // namespace ssmgate
