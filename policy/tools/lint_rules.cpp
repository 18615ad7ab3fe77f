// Warnings about one rule: criteria that do not go together, or that are past.
#include <algorithm>
#include <array>

#include "ssmgate/names/document.hpp"
#include "tools/lint_parts.hpp"

namespace ssmgate::tools {
namespace {

// No document of the rule takes a host: its ports are the node's own.
bool is_about_nodes(const Rule& rule) {
  return std::all_of(rule.documents.begin(), rule.documents.end(),
                     [](const DocumentPattern& pattern) {
                       const CatalogueEntry* entry = find_catalogued(pattern.exact_name());
                       return entry != nullptr && !entry->takes_host;
                     });
}

void lint_any(const LintContext& context, const TreeNode& node, const Rule& rule) {
  if (rule.users.said) return;
  for (const std::string_view key : {"hosts", "ports", "commands"}) {
    if (key == "ports" && is_about_nodes(rule)) continue;
    for (const TreeNode& entry : list_entries(node.find(key))) {
      const bool every = entry.scalar == "any" || (key == "commands" && entry.scalar == "*");
      if (!every) continue;
      context.warn(entry.where, "`" + std::string(key) + ": " +
                                    (entry.scalar == "any" ? "any" : "\"*\"") +
                                    "` in a rule without `users` holds for everyone; add `users`, "
                                    "or list what is meant");
    }
  }
}

void lint_shell(const LintContext& context, const TreeNode& node, const Rule& rule) {
  const bool shell = std::any_of(
      rule.documents.begin(), rule.documents.end(),
      [](const DocumentPattern& pattern) { return pattern.covers_catalogued(kShellDocument); });
  if (!shell) return;
  for (const std::string_view key : {"hosts", "ports", "commands"}) {
    const TreeNode* value = node.find(key);
    if (value == nullptr) continue;
    context.warn(value->where,
                 "`" + std::string(key) + "` in a rule that names `" + std::string(kShellDocument) +
                     "`: the rule can never open a shell; give the shell a rule of its own");
    return;
  }
}

// `hosts`, `ports` or `commands` where every document is catalogued and none takes it.
void lint_idle_criteria(const LintContext& context, const TreeNode& node, const Rule& rule) {
  struct Taken {
    std::string_view key;
    bool CatalogueEntry::*takes;
  };
  constexpr std::array kTaken = {Taken{"hosts", &CatalogueEntry::takes_host},
                                 Taken{"ports", &CatalogueEntry::takes_port},
                                 Taken{"commands", &CatalogueEntry::takes_command}};
  for (const Taken& taken : kTaken) {
    const TreeNode* value = node.find(taken.key);
    if (value == nullptr || rule.documents.empty()) continue;
    const bool idle = std::all_of(
        rule.documents.begin(), rule.documents.end(), [&](const DocumentPattern& pattern) {
          const CatalogueEntry* entry = find_catalogued(pattern.exact_name());
          return entry != nullptr && !(entry->*taken.takes);
        });
    if (!idle) continue;
    context.warn(value->where,
                 "`" + std::string(taken.key) +
                     "` has no effect here: no document of this rule takes it; remove it");
  }
}

// The plugin alone takes seconds to open its channel.
void lint_max_duration(const LintContext& context, const TreeNode& node, const Rule& rule) {
  if (!rule.max_duration || *rule.max_duration >= std::chrono::minutes(1)) return;
  const TreeNode& limit = *node.find("max_duration");
  context.warn(limit.where, "`max_duration` of " + in_backticks(limit.scalar) +
                                " ends a session before it is of use; write `m` for minutes, `h` "
                                "for hours");
}

}  // namespace

void lint_until(const LintContext& context, const TreeNode& node,
                const std::optional<Instant>& until, std::string_view so) {
  if (!until || context.now < *until) return;
  context.warn(node.find("until")->where,
               "the trial has ended, as `until` is in the past: " + std::string(so) +
                   "; decide, and remove `mode: report`");
}

void lint_rule(const LintContext& context, const TreeNode& node, const Rule& rule) {
  lint_until(context, node, rule.report_until,
             rule.denies ? "the rule refuses" : "the rule no longer matches");
  if (rule.expires && context.now >= *rule.expires) {
    context.warn(node.find("expires")->where,
                 "`expires` is in the past, so the rule never matches; remove the rule or move the "
                 "date");
  }
  if (rule.denies) return;
  lint_any(context, node, rule);
  lint_max_duration(context, node, rule);
  lint_shell(context, node, rule);
  lint_idle_criteria(context, node, rule);
}

}  // namespace ssmgate::tools
