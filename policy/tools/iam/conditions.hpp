// A statement's Condition block as what a rule can say, and what it cannot.
#pragma once

#include <string>
#include <vector>

#include "tools/iam/bounds.hpp"
#include "tools/iam/document.hpp"

namespace ssmgate::tools::iam {

struct LostCondition {
  Position where;
  std::string text;  // one line: which, and why
};

struct Conditions {
  Bounds bounds;
  bool never = false;      // the conditions exclude each other
  bool checked = false;    // only sessions whose document is checked: SessionDocumentAccessCheck
  bool unchecked = false;  // only sessions whose document is not checked
  bool named_negatively = false;  // the one condition is `outside`
  Bounds outside;                 // `StringNotEquals` and `NotIpAddress`: holds outside of these
  std::vector<LostCondition> lost;
};

// Times: an allow ends the instant that IAM's comparison leaves open, a deny holds through it.
[[nodiscard]] Conditions read_conditions(const Statement& statement, bool variables);

}  // namespace ssmgate::tools::iam
