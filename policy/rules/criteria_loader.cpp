#include "rules/criteria_loader.hpp"

#include <algorithm>

#include "names/ascii.hpp"
#include "rules/glob_language.hpp"
#include "ssmgate/names/region.hpp"

namespace ssmgate {
namespace {

constexpr std::string_view kUnix = "unix:";

void load_group_reference(std::string_view name, Position where, const Groups& groups,
                          ValueReader& in, UsersCriterion& users) {
  const auto found = groups.find(name);
  if (found != groups.end()) {
    if (!in.may_write_out(found->second.size(), where)) return;
    users.names.insert(users.names.end(), found->second.begin(), found->second.end());
    return;
  }
  std::vector<std::string_view> known;
  if (in.may_hint()) {
    for (const auto& [group, members] : groups) known.push_back(group);
  }
  const std::string_view nearest = find_nearest_word(name, known);
  in.error(where, "no group " + in_backticks(name) + " under `groups`" +
                      (nearest.empty() ? std::string("; define it there")
                                       : "; did you mean `@" + std::string(nearest) + "`?"));
}

void load_user(std::string_view text, Position where, const Groups& groups, ValueReader& in,
               UsersCriterion& users) {
  if (text == "any") {
    users.any = true;
  } else if (text.starts_with('@')) {
    load_group_reference(text.substr(1), where, groups, in, users);
  } else if (text.starts_with(kUnix)) {
    std::string_view name = text.substr(kUnix.size());
    const bool group = name.starts_with('%');
    if (group) name.remove_prefix(1);
    if (!check_user_name(name, where, in)) return;
    if (name.find_first_of(":/") != std::string_view::npos) {
      in.error(where, in_backticks(text) +
                          " can match nobody: no local user or group has `:` or `/` in its name; "
                          "write `unix:NAME` or `unix:%GROUP`");
      return;
    }
    (group ? users.unix_groups : users.unix_users).emplace_back(name);
  } else if (check_user_name(text, where, in)) {
    users.names.emplace_back(text);
  }
}

// Globs of a criterion, each of which `can_match` something.
template <typename CanMatch>
Globs load_globs(const TreeNode& node, std::string_view key, std::string_view form,
                 CanMatch can_match, ValueReader& in) {
  Globs globs;
  for (const TreeNode& entry : in.list(node, key)) {
    const auto text = in.text(entry, key);
    if (!text) continue;
    if (!can_match(*text)) {
      in.error(entry.where, in_backticks(*text) + " can match nothing; " + std::string(form));
    }
    globs.emplace_back(*text);
  }
  return globs;
}

bool is_account(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of(kDigits) == std::string_view::npos;
}

void report_account(const TreeNode& entry, ValueReader& in) {
  if (entry.kind == TreeNode::Kind::integer) {
    in.error(entry.where, "an account must be quoted, as YAML reads " + in_backticks(entry.scalar) +
                              " as a number and drops leading zeros; write \"" + entry.scalar +
                              '"');
  } else if (const auto text = in.text(entry, "accounts")) {
    in.error(entry.where,
             in_backticks(*text) + " is no AWS account; write its 12 digits in quotes");
  }
}

// AWS's keys begin in capitals: `akia*` is the mistake of someone who meant them.
bool is_miscased_key(std::string_view glob) {
  const std::string_view head = glob.substr(0, 4);
  return (ascii::iequals(head, "AKIA") && head != "AKIA") ||
         (ascii::iequals(head, "ASIA") && head != "ASIA");
}

}  // namespace

void load_users(const TreeNode& node, const Groups& groups, ValueReader& in, Rule& rule) {
  UsersCriterion& users = rule.users;
  users.said = true;
  for (const TreeNode& entry : in.list(node, "users")) {
    const auto text = in.text(entry, "users");
    if (text) load_user(*text, entry.where, groups, in, users);
  }
  std::sort(users.names.begin(), users.names.end());
  users.names.erase(std::unique(users.names.begin(), users.names.end()), users.names.end());
}

void load_clients(const TreeNode& node, ValueReader& in, Rule& rule) {
  for (const TreeNode& entry : in.list(node, "clients")) {
    const auto text = in.text(entry, "clients");
    if (!text) continue;
    const auto block = parse_cidr(*text);
    if (!block) {
      in.error(entry.where, in_backticks(*text) +
                                " is no address or CIDR; write one such as `10.8.0.0/16` or "
                                "`2001:db8::/32`" +
                                (*text == "any" ? ", or remove `clients`" : ""));
      continue;
    }
    constexpr int kMappedPrefix = 96;
    if (block->prefix_length() >= kMappedPrefix && unmapped(block->base()) != block->base()) {
      in.error(entry.where, in_backticks(*text) +
                                " can match no client, as an IPv4-mapped address counts as the "
                                "IPv4 address; write the IPv4 CIDR");
      continue;
    }
    rule.clients.push_back({*block, std::string(*text)});
  }
}

void load_accounts(const TreeNode& node, ValueReader& in, Rule& rule) {
  for (const TreeNode& entry : in.list(node, "accounts")) {
    if (entry.kind == TreeNode::Kind::string && is_account(entry.scalar)) {
      rule.accounts.push_back(entry.scalar);
    } else {
      report_account(entry, in);
    }
  }
  std::sort(rule.accounts.begin(), rule.accounts.end());
}

void load_access_keys(const TreeNode& node, ValueReader& in, Rule& rule) {
  rule.access_keys = load_globs(
      node, "access_keys",
      "write a glob such as `AKIA*` over letters and digits, in capitals and at most 128",
      [](std::string_view glob) { return can_match_access_key(glob) && !is_miscased_key(glob); },
      in);
}

void load_regions(const TreeNode& node, ValueReader& in, Rule& rule) {
  for (const TreeNode& entry : in.list(node, "regions")) {
    const auto text = in.text(entry, "regions");
    if (!text) continue;
    if (!can_match_region(*text)) {
      const std::string_view nearest =
          in.may_hint() ? find_nearest_word(*text, known_regions()) : std::string_view();
      in.error(
          entry.where,
          in_backticks(*text) + " can match nothing; " +
              (nearest.empty() ? "write a region such as `ap-northeast-1`, or a glob such as `us-*`"
                               : "did you mean `" + std::string(nearest) + "`?"));
    }
    rule.regions.emplace_back(*text);
  }
}

void load_targets(const TreeNode& node, ValueReader& in, Rule& rule) {
  rule.targets = load_globs(node, "targets",
                            "write `i-` and 8 or 17 of `0-9a-f`, `mi-` and 17 of them, or "
                            "`ecs:CLUSTER_TASK_RUNTIME`",
                            can_match_target, in);
}

void load_documents(const TreeNode& node, ValueReader& in, Rule& rule) {
  for (const TreeNode& entry : in.list(node, "documents")) {
    const auto text = in.text(entry, "documents");
    if (!text) continue;
    auto pattern = parse_document_pattern(*text);
    if (pattern) {
      rule.documents.push_back(std::move(*pattern));
    } else {
      in.error(entry.where, pattern.error());
    }
  }
}

void load_hosts(const TreeNode& node, ValueReader& in, Rule& rule) {
  rule.hosts = load_host_entries(node, "hosts", rule.denies, in);
}

void load_ports(const TreeNode& node, ValueReader& in, Rule& rule) {
  rule.ports = load_port_entries(node, "ports", 1, in);
}

void load_commands(const TreeNode& node, ValueReader& in, Rule& rule) {
  rule.commands = load_globs(node, "commands", kValueForm, can_match_value, in);
  for (std::string& glob : rule.commands) {
    if (glob == "any") glob = "*";
  }
}

void load_reason(const TreeNode& node, ValueReader& in, Rule& rule) {
  // INVARIANT: such a request is malformed (request/).
  if (node.scalar.ends_with('\n') || node.scalar.ends_with('\r')) {
    in.error(node.where,
             "`reason` ends with a line end, which no request's reason has, so nothing matches "
             "that; write it in one line, or behind `|-` instead of `|`");
    return;
  }
  rule.reason = in.regex(node, "reason");
}

void load_not_before(const TreeNode& node, ValueReader& in, Rule& rule) {
  rule.not_before = in.instant(node, "not_before");
}

void load_expires(const TreeNode& node, ValueReader& in, Rule& rule) {
  rule.expires = in.instant(node, "expires");
}

}  // namespace ssmgate
