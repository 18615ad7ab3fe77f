// The lints of `ssmgate check` by what they look at: single entries, single rules, rules together.
#pragma once

#include <span>
#include <string_view>

#include "rules/compiled.hpp"
#include "ssmgate/text/tree.hpp"

namespace ssmgate::tools {

// What every lint looks at, and where its warnings go.
struct LintContext {
  const TreeNode& root;
  const CompiledRules& policy;
  Instant now;
  Diagnostics& found;

  void warn(Position where, std::string text) const;
};

inline constexpr std::string_view kShellDocument = "SSM-SessionManagerRunShell";

// The entries of a list; a bare value is a list of one.
[[nodiscard]] std::span<const TreeNode> list_entries(const TreeNode* node);
// The rules under `allow` or `deny`, as the file has them.
[[nodiscard]] std::span<const TreeNode> rule_nodes(const TreeNode& root, std::string_view key);

// An entry that stands twice in its list.
void lint_duplicates(const LintContext& context, const TreeNode* list);
// A name of `users` or a group with blanks around it.
void lint_user(const LintContext& context, const TreeNode& entry);
// Entries that are hardly meant as they are written.
void lint_rule_entries(const LintContext& context, const TreeNode& node, const Rule& rule);
// Criteria of one rule that do not go together.
void lint_rule(const LintContext& context, const TreeNode& node, const Rule& rule);
void lint_until(const LintContext& context, const TreeNode& node,
                const std::optional<Instant>& until, std::string_view so);
// What rules say together, and operations beside them.
void lint_sets(const LintContext& context);

}  // namespace ssmgate::tools
