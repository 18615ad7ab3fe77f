#include "rules/rule_index.hpp"

#include <algorithm>

#include "rules/compiled.hpp"

namespace ssmgate {

RuleIndex::RuleIndex(const std::vector<Rule>& rules) {
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    const auto& documents = rules[i].documents;
    const bool exact = !documents.empty() &&
                       std::all_of(documents.begin(), documents.end(), [](const auto& document) {
                         return !document.exact_name().empty();
                       });
    if (!exact) {
      general_.push_back(i);
      continue;
    }
    for (const DocumentPattern& document : documents) {
      auto& list = by_name_[std::string(document.exact_name())];
      if (list.empty() || list.back() != i) list.push_back(i);
    }
  }
}

}  // namespace ssmgate
