// The allow rule that came closest to letting a refused session pass.
#pragma once

#include "rules/compiled.hpp"
#include "rules/facts.hpp"

namespace ssmgate {

// The allow rule for the same document that failed on the fewest criteria, the earlier of equals;
// null: none. INVARIANT: only rules whose `users` and `clients` hold for the caller are considered,
// so that a refusal does not teach one team another team's hosts. A trial that has ended
// (`report` past its `until`) can allow nothing any more and is not named either.
[[nodiscard]] const Rule* find_nearest(const CompiledRules& policy, const Facts& facts);

}  // namespace ssmgate
