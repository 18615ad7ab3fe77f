// Which rules of a list can match a request, without looking at all of them.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "rules/facts.hpp"

namespace ssmgate::sets {

// Each rule is kept under the words of one of its criteria, when these are all without wildcards:
// that of the criterion whose words the fewest other rules say. The others are always looked at.
class RuleFinder {
 public:
  explicit RuleFinder(const std::vector<Rule>& rules);

  // The rules that match, trials or not, in the order of the list.
  [[nodiscard]] std::vector<const Rule*> matching(const Facts& facts) const;

 private:
  const std::vector<Rule>* rules_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_word_;
  std::vector<std::size_t> others_;
};

}  // namespace ssmgate::sets
