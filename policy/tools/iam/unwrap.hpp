// A policy document out of what AWS's APIs put around it.
//
// SOURCE: the answers of iam get-policy-version, get-role-policy, get-user-policy and
// get-group-policy, and of organizations describe-policy. The CLI prints the document as an object,
// the API itself percent-encodes it, Organizations returns it as escaped text.
#pragma once

#include <optional>
#include <string_view>

#include "ssmgate/text/diagnostic.hpp"
#include "ssmgate/text/tree.hpp"

namespace ssmgate::tools::iam {

struct Unwrapped {
  TreeNode root;                   // the document, always a mapping
  std::optional<Position> inside;  // the string it was in
  bool scp = false;
};

// Nothing when there is no document; the fault is then in `diagnostics`.
[[nodiscard]] std::optional<Unwrapped> unwrap_policy(std::string_view text,
                                                     Diagnostics& diagnostics);

// Faults of a document that is a string at `outer`: placed there, with their own place in words.
void move_inside(Position outer, Diagnostics& found);

}  // namespace ssmgate::tools::iam
