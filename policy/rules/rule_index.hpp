// Which rules can match a request: so that a judgement does not grow with the rules for others.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/container/small_vector.hpp>

namespace ssmgate {

struct Rule;
class Facts;

// Sorted lists of rules as one, each rule once.
class Candidates {
 public:
  void add(std::span<const std::uint32_t> list) {
    if (!list.empty()) lists_.push_back(list);
  }
  // The next rule in the file's order; false: there is none.
  [[nodiscard]] bool next(std::uint32_t& rule) noexcept;

 private:
  boost::container::small_vector<std::span<const std::uint32_t>, 8> lists_;
};

// Rules by the documents they name, and of each document's rules, where there are many, by one of
// their other criteria: the one whose values are shared with the fewest rules.
class RuleIndex {
 public:
  RuleIndex();
  explicit RuleIndex(const std::vector<Rule>& rules);
  ~RuleIndex();
  RuleIndex(RuleIndex&&) noexcept;
  RuleIndex& operator=(RuleIndex&&) noexcept;

  // Calls `visit(index)` for every rule that may match, in the file's order, until it returns
  // false. Other rules cannot match.
  template <typename Visit>
  void each(const Facts& facts, Visit visit) const {
    Candidates candidates = find(facts);
    std::uint32_t rule = 0;
    while (candidates.next(rule)) {
      if (!visit(rule)) return;
    }
  }

  // All rules for the document of the request.
  [[nodiscard]] Candidates find_for_document(const Facts& facts) const;

 private:
  struct Tables;
  [[nodiscard]] Candidates find(const Facts& facts) const;
  std::unique_ptr<const Tables> tables_;  // INVARIANT: never null but for a moved-from index
};

}  // namespace ssmgate
