// The criteria of all allow rules, equal ones once: so that to count how many of its criteria each
// of ten thousand rules fails costs a few look-ups a rule, and not their evaluation.
//
// Owns: which criterion of which rule is the same as another's, and the memory of one judgement of
// what held. Does not own: what is done with the counts (nearest.cpp).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace ssmgate {

struct Rule;
class Facts;

class NearestIndex {
 public:
  NearestIndex();
  // `rules` are the allow rules, in the file's order.
  explicit NearestIndex(const std::vector<Rule>& rules);
  ~NearestIndex();
  NearestIndex(NearestIndex&&) noexcept;
  NearestIndex& operator=(NearestIndex&&) noexcept;

  enum class Outcome : std::uint8_t { unknown, holds, fails };

  // Counts for one request. `rules` are those that the index was made of.
  class Counter {
   public:
    Counter(const NearestIndex& index, const std::vector<Rule>& rules, const Facts& facts);
    // How many of the rule's criteria fail, or any number from `enough` on; `enough` too when the
    // rule may not be named: its `documents`, `users` or `clients` fail, or its trial has ended.
    [[nodiscard]] std::uint32_t count(std::uint32_t rule, std::uint32_t enough);

   private:
    bool evaluate(std::uint32_t criterion);

    const NearestIndex& index_;
    const std::vector<Rule>& rules_;
    const Facts& facts_;
    std::vector<Outcome> outcomes_;  // one for each different criterion
  };

 private:
  struct Tables;
  std::unique_ptr<const Tables> tables_;
};

}  // namespace ssmgate
