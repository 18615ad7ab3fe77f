// A file of ssmgate's, written out in one style.
#pragma once

#include <string>

#include "ssmgate/text/tree.hpp"

namespace ssmgate::tools {

// YAML that says what `root` says: one key a line, lists of scalars on one line, text plain where
// no reader of YAML takes it for anything else and in double quotes elsewhere. The order is kept;
// comments are not in a tree, so they are gone.
// INVARIANT: parse_tree reads the same tree from it, but for places and quotes, as long as it is
// not larger than kMaxFileSize. Linear.
[[nodiscard]] std::string render_yaml(const TreeNode& root);

}  // namespace ssmgate::tools
