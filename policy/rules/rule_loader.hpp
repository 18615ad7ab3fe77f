// One rule of the file: its keys, its criteria, and what an allow rule must say.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "rules/compiled.hpp"
#include "rules/value_reader.hpp"
#include "ssmgate/text/tree.hpp"

namespace ssmgate {

using Groups = std::map<std::string, std::vector<std::string>, std::less<>>;

// The rule of a mapping. When something is wrong the errors are reported and the rule is not used.
[[nodiscard]] Rule load_rule(const TreeNode& node, bool denies, const Groups& groups,
                             ValueReader& in);

// `mode` and `until` of `node`: until when it only reports; nothing: it enforces. A missing `until`
// is reported at `where`.
[[nodiscard]] std::optional<Instant> load_mode(const TreeNode& node, Position where,
                                               ValueReader& in);

// A user's name as it may stand in `users` and in a group; false when it was refused.
[[nodiscard]] bool check_user_name(std::string_view name, Position where, ValueReader& in);

}  // namespace ssmgate
