// A policy file as a whole: its top-level keys, and what must agree between rules.
#include <array>
#include <cstdio>
#include <unordered_map>

#include <openssl/evp.h>

#include "request/operations.hpp"
#include "rules/compiled.hpp"
#include "rules/glob_language.hpp"
#include "rules/message.hpp"
#include "rules/rule_loader.hpp"
#include "rules/value_reader.hpp"
#include "ssmgate/names/glob.hpp"
#include "ssmgate/rules/policy.hpp"
#include "ssmgate/rules/summary.hpp"
#include "ssmgate/text/fields.hpp"

namespace ssmgate {
namespace {

constexpr std::array<std::string_view, 9> kTopKeys = {
    "version", "mode", "until",      "default_document", "groups",
    "allow",   "deny", "operations", "message",
};
constexpr std::array<std::string_view, 1> kOperationsKeys = {"deny"};
constexpr std::string_view kDefaultDocument = "SSM-SessionManagerRunShell";

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    return {};
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += kHex[digest[i] >> 4];
    out += kHex[digest[i] & 15];
  }
  return out;
}

void load_version(const TreeNode& root, ValueReader& in) {
  const TreeNode* version = root.find("version");
  if (version == nullptr) {
    in.error({1, 1}, "missing `version`; write `version: 1`");
  } else if (version->kind != TreeNode::Kind::integer || version->scalar != "1") {
    const std::string said = version->is_scalar() ? in_backticks(version->scalar)
                                                  : std::string(kind_name(version->kind));
    in.error(version->where, said +
                                 " is no version of the policy language; write `version: 1`, "
                                 "without quotes");
  }
}

Groups load_groups(const TreeNode& root, ValueReader& in) {
  Groups groups;
  const TreeNode* node = root.find("groups");
  if (node == nullptr || !in.mapping(*node, "groups")) return groups;
  for (const TreeEntry& entry : node->entries) {
    // A misnamed group is still known, so that its users are not reported as well.
    auto& members = groups[entry.key];
    (void)in.identifier(entry.key, entry.where, "group name");
    for (const TreeNode& member : in.list(entry.value, entry.key)) {
      const auto name = in.text(member, entry.key);
      if (!name || !check_user_name(*name, member.where, in)) continue;
      if (name->starts_with('@') || name->starts_with("unix:") || *name == "any") {
        in.error(member.where, in_backticks(*name) +
                                   " cannot stand in a group, which lists plain names; write it "
                                   "under `users` of the rule");
        continue;
      }
      members.emplace_back(*name);
    }
  }
  return groups;
}

void load_default_document(const TreeNode& root, ValueReader& in, CompiledRules& out) {
  out.default_document = kDefaultDocument;
  const TreeNode* node = root.find("default_document");
  const auto text = node != nullptr ? in.text(*node, "default_document") : std::nullopt;
  if (text) out.default_document = *text;
  auto parsed = parse_document(out.default_document, Place{});
  if (text && (!parsed || text->find(':') != std::string_view::npos)) {
    std::string why = parsed ? std::string("an ARN") : std::string(describe(parsed.error()));
    in.error(node->where, in_backticks(*text) + " is no document name (" + why +
                              "); write a plain name such as `SSM-SessionManagerRunShell`");
    return;
  }
  if (parsed) out.default_canonical = std::move(*parsed);
}

using Ids = std::unordered_map<std::string, Position>;

std::vector<Rule> load_rules(const TreeNode& root, std::string_view key, const Groups& groups,
                             ValueReader& in, Ids& ids) {
  std::vector<Rule> rules;
  const TreeNode* node = root.find(key);
  if (node == nullptr) return rules;
  if (node->kind != TreeNode::Kind::sequence) {
    in.error(node->where, "`" + std::string(key) + "` must be a list of rules, not " +
                              std::string(kind_name(node->kind)) + "; write `- id: …` below it");
    return rules;
  }
  // A rule is large to move. LIMIT: room for what a person could mean, not for a hostile list.
  rules.reserve(std::min<std::size_t>(node->items.size(), 100'000));
  for (const TreeNode& item : node->items) {
    if (is_full(in.diagnostics())) break;
    rules.push_back(load_rule(item, key == "deny", groups, in));
    const std::string& id = rules.back().id;
    if (id.empty()) continue;
    const Position where = item.find("id")->where;
    const auto [first, fresh] = ids.try_emplace(id, where);
    if (fresh) continue;
    const Position earlier = std::min(first->second, where);
    in.error(std::max(first->second, where),
             "the rule id `" + id + "` is used twice, first at line " +
                 std::to_string(earlier.line) + "; give every rule its own");
  }
  return rules;
}

void load_operations(const TreeNode& root, ValueReader& in, CompiledRules& out) {
  const TreeNode* node = root.find("operations");
  if (node == nullptr || !in.mapping(*node, "operations")) return;
  report_unknown_keys(*node, kOperationsKeys, "`operations`", in.diagnostics());
  const TreeNode* deny = node->find("deny");
  if (deny == nullptr && !node->entries.empty()) return;
  if (deny == nullptr) {
    in.error(node->where, "`operations` needs `deny`; list what it denies, or remove the key");
    return;
  }
  for (const TreeNode& entry : in.list(*deny, "deny")) {
    const auto text = in.text(entry, "deny");
    if (!text) continue;
    if (*text == "StartSession") {
      in.error(entry.where,
               "`StartSession` is judged by rules, not under `operations`; write a "
               "`deny` rule");
    } else if (!can_match_operation(*text) || (!has_glob(*text) && !is_operation_name(*text))) {
      in.error(entry.where, in_backticks(*text) +
                                " can match no operation; write a name in AWS's spelling such as "
                                "`SendCommand`, globs allowed");
    }
    out.denied_operations.emplace_back(*text);
  }
}

void load_root(const TreeNode& root, ValueReader& in, CompiledRules& out) {
  load_version(root, in);
  if (root.kind == TreeNode::Kind::null) return;
  if (root.kind != TreeNode::Kind::mapping) {
    in.error(root.where, "a policy is a mapping of keys, not " + std::string(kind_name(root.kind)) +
                             "; begin with `version: 1`");
    return;
  }
  report_unknown_keys(root, kTopKeys, "a policy", in.diagnostics());
  const TreeNode* mode = root.find("mode");
  out.report_until = load_mode(root, mode != nullptr ? mode->where : root.where, in);
  load_default_document(root, in, out);
  const Groups groups = load_groups(root, in);
  Ids ids;
  out.allow = load_rules(root, "allow", groups, in, ids);
  out.deny = load_rules(root, "deny", groups, in, ids);
  load_operations(root, in, out);
  if (const TreeNode* message = root.find("message")) {
    if (const auto text = in.text(*message, "message")) out.message = one_line(*text);
  }
}

}  // namespace

const std::string& Policy::default_document() const noexcept {
  return rules_->default_document;
}

const std::string& Policy::revision() const noexcept {
  return rules_->revision;
}

LoadedPolicy load_policy(std::string_view text) {
  LoadedPolicy loaded;
  auto rules = std::make_shared<CompiledRules>();
  if (const auto root = parse_tree(text, loaded.diagnostics)) {
    ValueReader in(loaded.diagnostics);
    load_root(*root, in, *rules);
  }
  sort_diagnostics(loaded.diagnostics);
  if (has_errors(loaded.diagnostics)) return loaded;
  rules->revision = sha256_hex(text);
  rules->allow_index = RuleIndex(rules->allow);
  rules->deny_index = RuleIndex(rules->deny);
  rules->nearest_index = NearestIndex(rules->allow);
  loaded.policy = std::make_shared<const Policy>(std::move(rules));
  return loaded;
}

PolicySummary summarize(const Policy& policy) {
  const CompiledRules& rules = policy.rules();
  PolicySummary summary;
  summary.report_until = rules.report_until;
  for (const Rule& rule : rules.allow) summary.allow.push_back(rule.id);
  for (const Rule& rule : rules.deny) summary.deny.push_back(rule.id);
  return summary;
}

}  // namespace ssmgate
