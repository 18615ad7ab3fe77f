// What single rules of one policy match, next to each other: for the lints of `check`.
//
// INVARIANT: it speaks only when it is certain; used-up budgets and regular expressions that cannot
// be told apart are "not covered", "may meet", "may match".
#pragma once

#include <vector>

#include "sets/rule_finder.hpp"
#include "sets/search.hpp"

namespace ssmgate::sets {

class RuleSets {
 public:
  // `policy` must outlive it.
  RuleSets(const CompiledRules& policy, Instant now);

  // Of which rules a cover is asked.
  enum class Cover : std::uint8_t { earlier, denies, both };

  struct Covered {
    Answer left = Answer::unknown;  // found: something is left of the rule; unknown: not certain
    std::vector<const Rule*> by;    // none: the rules that leave nothing, in the file's order
    bool impossible = false;        // none: no request matches the rule at all
  };

  // What is left of `rule`, a rule of the policy, by earlier ones of its own list that are in force
  // (for a trial by all allow rules in force), by deny rules in force, or by both.
  [[nodiscard]] Covered find_cover(const Rule& rule, Cover cover);

  // No request matches the rule, which need not be one of the policy.
  [[nodiscard]] bool is_impossible(const Rule& rule);

  // No request matches both: a deny rule that would refuse, an allow rule that would relay.
  [[nodiscard]] bool never_meet(const Rule& deny, const Rule& allow);
  // An allow rule that matches a request which the deny rule matches as well; null: none was found
  // without trying them all.
  [[nodiscard]] const Rule* find_any_met(const Rule& deny);

  // Some caller whom `inner` lets open something on a target may open the document `name` there by
  // the rule `door`, and no deny rule refuses it.
  [[nodiscard]] bool opens_beside(const Rule& inner, const Rule& door,
                                  const DocumentClass& document);

 private:
  [[nodiscard]] Found find_in(const DocumentClass& document, const Literals& wanted,
                              const std::vector<std::string>& parameters,
                              const FindConflicts& conflicts);
  [[nodiscard]] Found find(const Rule& rule, const FindConflicts& conflicts);
  [[nodiscard]] std::optional<std::vector<Conflict>> covering(const Rule& rule, Cover cover,
                                                              const DocumentView& view,
                                                              const Model& model) const;

  const CompiledRules& policy_;
  Instant now_;
  Shared shared_;
  RuleFinder allow_, deny_;
};

}  // namespace ssmgate::sets
