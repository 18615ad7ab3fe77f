// Which rules of two policies may let the same request pass for another time.
//
// Owns: which pairs of rules are worth a search. Does not own: the search (sets/comparison).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tools/diff_reason.hpp"

namespace ssmgate::tools {

class ShorterRules {
 public:
  // Both must outlive it.
  ShorterRules(const CompiledRules& relays, const CompiledRules& other);

  // The allow rules of the other policy that let sessions last less than `rule`, one of the first
  // policy, and may decide a request that `rule` decides; that of the same id first.
  [[nodiscard]] std::vector<const Rule*> find(const Rule& rule) const;

 private:
  // Where each rule stands among those that decide: trials come behind the rules in force.
  using Rank = std::size_t;
  struct Ranked {
    const Rule* rule = nullptr;
    Rank rank = 0;
    std::optional<Rank> equal;  // of the first rule of the other policy that matches the same
  };
  [[nodiscard]] static std::vector<Ranked> rank(const std::vector<Rule>& rules);
  static void find_equals(std::vector<Ranked>& ranked, const std::vector<Ranked>& others);

  std::unordered_map<const Rule*, Ranked> own_;
  std::vector<Ranked> limited_;  // of the other policy, those with a longest duration
};

// `rule` lets sessions last longer than `other` of the other policy.
[[nodiscard]] std::string explain_longer(const Rule& rule, const Rule& other, Direction direction);

// As an entry of a difference: "8h", or "none".
[[nodiscard]] std::string duration_text(const Rule& rule);

}  // namespace ssmgate::tools
