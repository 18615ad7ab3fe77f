// Warnings about single rules and single entries; what several rules together say is not looked at.
#include "ssmgate/tools/lint.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <unordered_set>

#include "rules/compiled.hpp"
#include "ssmgate/text/fields.hpp"
#include "tools/public_suffix.hpp"

namespace ssmgate::tools {
namespace {

constexpr std::string_view kShell = "SSM-SessionManagerRunShell";

// The entries of a list; a bare value is a list of one.
std::span<const TreeNode> entries(const TreeNode* node) {
  if (node == nullptr) return {};
  if (node->kind == TreeNode::Kind::sequence) return node->items;
  return {node, 1};
}

std::span<const TreeNode> rules_of(const TreeNode& root, std::string_view key) {
  const TreeNode* node = root.find(key);
  return node == nullptr ? std::span<const TreeNode>() : std::span<const TreeNode>(node->items);
}

class Linter {
 public:
  Linter(const TreeNode& root, const CompiledRules& policy, Instant now)
      : root_(root), policy_(policy), now_(now) {}

  Diagnostics run() {
    lint_rules(rules_of(root_, "allow"), policy_.allow);
    lint_rules(rules_of(root_, "deny"), policy_.deny);
    lint_groups();
    lint_until(root_, policy_.report_until, "the policy enforces");
    if (std::none_of(policy_.allow.begin(), policy_.allow.end(),
                     [&](const Rule& rule) { return can_still_allow(rule); })) {
      const TreeNode* allow = root_.find("allow");
      warn(allow != nullptr ? allow->where : Position{},
           "the policy allows nothing: every session is refused; write a rule under `allow`");
    }
    if (const TreeNode* operations = root_.find("operations")) {
      lint_duplicates(operations->find("deny"));
    }
    sort_diagnostics(found_);
    return std::move(found_);
  }

 private:
  void warn(Position where, std::string text) { report_warning(found_, where, std::move(text)); }

  bool can_still_allow(const Rule& rule) const {
    const bool ended = rule.report_until && now_ >= *rule.report_until;
    return !ended && !(rule.expires && now_ >= *rule.expires);
  }

  void lint_rules(std::span<const TreeNode> nodes, const std::vector<Rule>& rules) {
    for (std::size_t i = 0; i < nodes.size() && i < rules.size(); ++i) {
      lint_rule(nodes[i], rules[i]);
    }
  }

  void lint_rule(const TreeNode& node, const Rule& rule) {
    for (const TreeEntry& entry : node.entries) {
      if (entry.value.kind == TreeNode::Kind::sequence) lint_duplicates(&entry.value);
    }
    lint_until(node, rule.report_until,
               rule.denies ? "the rule refuses" : "the rule no longer matches");
    if (rule.expires && now_ >= *rule.expires) {
      warn(node.find("expires")->where,
           "`expires` is in the past, so the rule never matches; remove the rule or move the date");
    }
    for (const TreeNode& client : entries(node.find("clients"))) lint_cidr(client);
    for (const TreeNode& host : entries(node.find("hosts"))) lint_host(host, rule);
    for (const TreeNode& document : entries(node.find("documents"))) lint_document(document);
    if (const TreeNode* reason = node.find("reason")) lint_regex(*reason);
    if (const TreeNode* parameters = node.find("parameters")) lint_parameters(*parameters, rule);
    if (rule.denies) return;
    lint_any(node, rule);
    lint_shell(node, rule);
    lint_idle_criteria(node, rule);
  }

  void lint_duplicates(const TreeNode* list) {
    if (list == nullptr) return;
    std::unordered_set<std::string_view> seen;
    for (const TreeNode& entry : entries(list)) {
      if (entry.is_scalar() && !seen.insert(entry.scalar).second) {
        warn(entry.where, in_backticks(entry.scalar) + " stands twice in this list; remove one");
      }
    }
  }

  void lint_until(const TreeNode& node, const std::optional<Instant>& until, std::string_view so) {
    if (!until || now_ < *until) return;
    warn(node.find("until")->where, "the trial has ended, as `until` is in the past: " +
                                        std::string(so) + "; decide, and remove `mode: report`");
  }

  void lint_cidr(const TreeNode& entry) {
    const auto cidr = parse_cidr(entry.scalar);
    if (!cidr || !cidr->has_host_bits()) return;
    warn(entry.where, in_backticks(entry.scalar) +
                          " has bits set behind its prefix, which do not count; write the first "
                          "address of the block, or a longer prefix");
  }

  void lint_host(const TreeNode& entry, const Rule& rule) {
    lint_cidr(entry);
    if (rule.denies || !is_as_wide_as_public_suffix(entry.scalar)) return;
    warn(entry.where, in_backticks(entry.scalar) +
                          " is as wide as a public suffix: anyone can register a name that it "
                          "matches; name your own domain");
  }

  void lint_document(const TreeNode& entry) {
    if (find_catalogued(entry.scalar) != nullptr || entry.scalar == kShell) return;
    std::vector<std::string_view> known = {kShell};
    for (const CatalogueEntry& document : catalogue()) known.push_back(document.name);
    const std::string_view nearest = find_nearest_word(entry.scalar, known);
    if (nearest.empty()) return;
    warn(entry.where, in_backticks(entry.scalar) +
                          " is no document that ssmgate knows; did you "
                          "mean `" +
                          std::string(nearest) + "`?");
  }

  void lint_regex(const TreeNode& node) {
    const std::string_view text = node.scalar;
    const bool begins = text.starts_with('^') || text.starts_with("\\A");
    const bool ends = text.ends_with('$') || text.ends_with("\\z");
    if (begins || ends) return;
    warn(node.where, "the regular expression " + in_backticks(text) +
                         " has no anchor and matches anywhere in the text; begin it with `^`");
  }

  void lint_parameters(const TreeNode& node, const Rule& rule) {
    for (const TreeEntry& entry : node.entries) {
      if (entry.value.kind == TreeNode::Kind::sequence) {
        lint_duplicates(&entry.value);
        for (const TreeNode& item : entry.value.items) {
          if (item.scalar != "any") continue;
          warn(item.where, "`any` in a list is the value \"any\" itself; write `" +
                               printable_key(entry.key) + ": any` for every value");
        }
      }
      if (const TreeNode* regex = entry.value.find("regex")) lint_regex(*regex);
      for (const TreeNode& host : entries(entry.value.find("host"))) lint_host(host, rule);
    }
  }

  static std::string printable_key(std::string_view key) { return std::string(key.substr(0, 60)); }

  void lint_any(const TreeNode& node, const Rule& rule) {
    if (rule.users.said) return;
    for (const std::string_view key : {"hosts", "ports", "commands"}) {
      for (const TreeNode& entry : entries(node.find(key))) {
        if (entry.scalar != "any") continue;
        warn(entry.where, "`" + std::string(key) +
                              ": any` in a rule without `users` holds for everyone; add `users`, "
                              "or list what is meant");
      }
    }
  }

  void lint_shell(const TreeNode& node, const Rule& rule) {
    const bool shell = std::any_of(
        rule.documents.begin(), rule.documents.end(),
        [](const DocumentPattern& pattern) { return pattern.covers_catalogued(kShell); });
    if (!shell) return;
    for (const std::string_view key : {"hosts", "ports", "commands"}) {
      const TreeNode* value = node.find(key);
      if (value == nullptr) continue;
      warn(value->where,
           "`" + std::string(key) + "` in a rule that names `" + std::string(kShell) +
               "`: the rule can never open a shell; give the shell a rule of its own");
      return;
    }
  }

  // `hosts`, `ports` or `commands` where every document is catalogued and none takes it.
  void lint_idle_criteria(const TreeNode& node, const Rule& rule) {
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
      warn(value->where, "`" + std::string(taken.key) +
                             "` has no effect here: no document of this rule takes it; remove it");
    }
  }

  void lint_groups() {
    const TreeNode* groups = root_.find("groups");
    if (groups == nullptr) return;
    std::set<std::string, std::less<>> used;
    for (const std::string_view key : {"allow", "deny"}) {
      for (const TreeNode& rule : rules_of(root_, key)) {
        for (const TreeNode& user : entries(rule.find("users"))) used.insert(user.scalar);
      }
    }
    for (const TreeEntry& group : groups->entries) {
      lint_duplicates(&group.value);
      if (used.contains("@" + group.key)) continue;
      warn(group.where, "nobody uses the group " + in_backticks(group.key) + "; write `@" +
                            group.key + "` under `users` of a rule, or remove it");
    }
  }

  const TreeNode& root_;
  const CompiledRules& policy_;
  Instant now_;
  Diagnostics found_;
};

}  // namespace

Diagnostics lint(std::string_view text, const Policy& policy,
                 std::chrono::system_clock::time_point now) {
  Diagnostics ignored;
  const auto root = parse_tree(text, ignored);
  if (!root) return {};
  return Linter(*root, policy.rules(), to_instant(now)).run();
}

}  // namespace ssmgate::tools
