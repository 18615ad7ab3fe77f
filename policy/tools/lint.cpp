// The warnings of `ssmgate check`, all parts together; and what concerns the file as a whole.
#include "ssmgate/tools/lint.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include "ssmgate/text/fields.hpp"
#include "tools/lint_parts.hpp"

namespace ssmgate::tools {
namespace {

void lint_groups(const LintContext& context) {
  const TreeNode* groups = context.root.find("groups");
  if (groups == nullptr) return;
  std::set<std::string, std::less<>> used;
  for (const std::string_view key : {"allow", "deny"}) {
    for (const TreeNode& rule : rule_nodes(context.root, key)) {
      for (const TreeNode& user : list_entries(rule.find("users"))) used.insert(user.scalar);
    }
  }
  for (const TreeEntry& group : groups->entries) {
    lint_duplicates(context, &group.value);
    for (const TreeNode& user : list_entries(&group.value)) lint_user(context, user);
    if (used.contains("@" + group.key)) continue;
    context.warn(group.where, "nobody uses the group " + in_backticks(group.key) + "; write `@" +
                                  group.key + "` under `users` of a rule, or remove it");
  }
}

bool can_still_allow(const LintContext& context, const Rule& rule) {
  const bool ended = rule.report_until && context.now >= *rule.report_until;
  return !ended && !(rule.expires && context.now >= *rule.expires);
}

void lint_nothing_allowed(const LintContext& context) {
  const auto& rules = context.policy.allow;
  const bool some = std::any_of(rules.begin(), rules.end(),
                                [&](const Rule& rule) { return can_still_allow(context, rule); });
  if (some) return;
  const TreeNode* allow = context.root.find("allow");
  context.warn(allow != nullptr ? allow->where : Position{},
               "the policy allows nothing: every session is refused; write a rule under `allow`");
}

void lint_rules(const LintContext& context, std::span<const TreeNode> nodes,
                const std::vector<Rule>& rules) {
  for (std::size_t i = 0; i < nodes.size() && i < rules.size(); ++i) {
    lint_rule_entries(context, nodes[i], rules[i]);
    lint_rule(context, nodes[i], rules[i]);
  }
}

}  // namespace

void LintContext::warn(Position where, std::string text) const {
  report_warning(found, where, std::move(text));
}

std::span<const TreeNode> list_entries(const TreeNode* node) {
  if (node == nullptr) return {};
  if (node->kind == TreeNode::Kind::sequence) return node->items;
  return {node, 1};
}

std::span<const TreeNode> rule_nodes(const TreeNode& root, std::string_view key) {
  const TreeNode* node = root.find(key);
  return node == nullptr ? std::span<const TreeNode>() : std::span<const TreeNode>(node->items);
}

Diagnostics lint(std::string_view text, const Policy& policy,
                 std::chrono::system_clock::time_point now) {
  Diagnostics ignored;
  const auto root = parse_tree(text, ignored);
  if (!root) return {};
  Diagnostics found;
  const LintContext context{*root, policy.rules(), to_instant(now), found};
  lint_rules(context, rule_nodes(*root, "allow"), context.policy.allow);
  lint_rules(context, rule_nodes(*root, "deny"), context.policy.deny);
  lint_groups(context);
  lint_until(context, *root, context.policy.report_until, "the policy enforces");
  lint_nothing_allowed(context);
  if (const TreeNode* operations = root->find("operations")) {
    lint_duplicates(context, operations->find("deny"));
  }
  lint_sets(context);
  sort_diagnostics(found);
  return found;
}

}  // namespace ssmgate::tools
