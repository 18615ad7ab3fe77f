// The search for a request: everything in a conjunction holds, and no rule of some others matches.
//
// It proposes a request that fits the conjunction and asks which of the unwanted rules match it;
// one of those is made not to match by turning one of its literals round, and so on, until nothing
// matches or nothing is left to turn. Whether a rule matches is asked of the real judgement.
#pragma once

#include <functional>
#include <set>

#include "sets/product.hpp"

namespace ssmgate::sets {

// A rule that matches the proposed request and must not.
struct Conflict {
  const Rule* rule = nullptr;
  const DocumentView* view = nullptr;
};

// The conflicts of a proposal; none: it is a witness. Nothing: the proposal could not be judged.
using FindConflicts = std::function<std::optional<std::vector<Conflict>>(const Model&)>;

struct Found {
  Answer answer = Answer::none;
  Model model;                      // when found
  std::vector<const Rule*> reason;  // when none: the rules that together leave nothing over
};

// Steps of all searches that share it.
struct Budget {
  std::size_t steps = 0;
  bool spend() noexcept { return steps > 0 && steps-- > 0; }
};

// What searches share.
struct Shared {
  AtomTable atoms;
  Solver solver;
  Budget budget;
};

[[nodiscard]] Found search(const Literals& wanted, const Surroundings& surroundings,
                           const FindConflicts& conflicts, Shared& shared);

}  // namespace ssmgate::sets
