#include "rules/nearest.hpp"

#include <limits>

namespace ssmgate {

const Rule* find_nearest(const CompiledRules& policy, const Facts& facts) {
  NearestIndex::Counter counter(policy.nearest_index, policy.allow, facts);
  const Rule* nearest = nullptr;
  std::uint32_t fewest = std::numeric_limits<std::uint32_t>::max();
  Candidates candidates = policy.allow_index.find_for_document(facts);
  for (std::uint32_t number = 0; fewest > 1 && candidates.next(number);) {
    const std::uint32_t failed = counter.count(number, fewest);
    if (failed == 0 || failed >= fewest) continue;
    nearest = &policy.allow[number];
    fewest = failed;
  }
  return nearest;
}

}  // namespace ssmgate
