// A `request` of a policy-test file as the JSON body that a client would send.
#pragma once

#include <optional>
#include <string>

#include "ssmgate/text/diagnostic.hpp"
#include "ssmgate/text/tree.hpp"

namespace ssmgate::tools {

struct RequestJson {
  std::string text;
  std::optional<Position> untyped;  // of the first scalar that is no string
};

// Quoted and plain text become strings, `3306` a number, `true` a boolean, `~` null: nothing is
// mended, so that what a client could get wrong can be written down. A number that JSON cannot
// write is reported.
[[nodiscard]] RequestJson render_request_json(const TreeNode& request, Diagnostics& diagnostics);

}  // namespace ssmgate::tools
