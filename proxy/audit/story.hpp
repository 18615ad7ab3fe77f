// What a record tells, in the words of a person: who, what, and why.
#pragma once

#include <string>

#include "audit/record_view.hpp"

namespace ssmgate::audit {

// INVARIANT: every part is one line of visible characters.
struct Story {
  std::string time;
  std::string decision;  // of a record that decides nothing, its event
  std::string code;
  std::string who;   // USER@CLIENT, or the one of them that is known
  std::string rule;  // that decided; of a refusal without one, the nearest with `~` in front
  std::string what;
  std::string why;  // code and rules, for a line that has no columns of its own for them
};

[[nodiscard]] Story tell(const RecordView& record);

}  // namespace ssmgate::audit
