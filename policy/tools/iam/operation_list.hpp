// Sets of operations as the shortest list of globs that a person reads.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ssmgate::tools::iam {

// Globs and names that stand for exactly these among the known operations: `Verb*` where all of a
// verb's are in, `*` where all are. StartSession must not be in; `may_cover_start_session` says
// whether a glob may match it all the same.
[[nodiscard]] std::vector<std::string> compress_operations(const std::set<std::string_view>& wanted,
                                                           bool may_cover_start_session);

}  // namespace ssmgate::tools::iam
