// A JSON document as the same tree that a YAML file becomes: every value knows its place.
//
// Owns: the syntax, duplicate keys, limits. Does not own: what the keys mean.
#pragma once

#include <optional>
#include <string_view>

#include "ssmgate/text/diagnostic.hpp"
#include "ssmgate/text/tree.hpp"

namespace ssmgate {

// The tree of `text` (RFC 8259, valid UTF-8; a byte order mark before it is passed over), or
// nothing when it is no JSON, and then the fault is in `diagnostics`. A tree comes back beside
// duplicate keys, of which the first counts: a caller goes by `has_errors`. LIMIT: kMaxFileSize and
// kMaxNesting. Linear in the size.
[[nodiscard]] std::optional<TreeNode> parse_json_tree(std::string_view text,
                                                      Diagnostics& diagnostics);

}  // namespace ssmgate
