#include "rules/rule_loader.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "rules/criteria_loader.hpp"
#include "ssmgate/names/glob.hpp"
#include "ssmgate/text/duration.hpp"

namespace ssmgate {
namespace {

// The last one an allow rule's alone.
constexpr std::array<std::string_view, 20> kRuleKeys = {
    "id",          "description", "mode",       "until",     "users", "clients",      "accounts",
    "access_keys", "regions",     "targets",    "documents", "hosts", "ports",        "commands",
    "parameters",  "reason",      "not_before", "expires",   "hours", "max_duration",
};

using LoadCriterion = void (*)(const TreeNode&, ValueReader&, Rule&);
struct CriterionKey {
  std::string_view key;
  LoadCriterion load;
};
constexpr std::array kCriteria = {
    CriterionKey{"clients", load_clients},
    CriterionKey{"accounts", load_accounts},
    CriterionKey{"access_keys", load_access_keys},
    CriterionKey{"regions", load_regions},
    CriterionKey{"targets", load_targets},
    CriterionKey{"documents", load_documents},
    CriterionKey{"hosts", load_hosts},
    CriterionKey{"ports", load_ports},
    CriterionKey{"commands", load_commands},
    CriterionKey{"parameters", load_parameters},
    CriterionKey{"reason", load_reason},
    CriterionKey{"not_before", load_not_before},
    CriterionKey{"expires", load_expires},
    CriterionKey{"hours", load_hours},
};

struct MustSay {
  std::string_view key, parameter, example;
  bool CatalogueEntry::*takes;
};
constexpr std::array kMustSay = {
    MustSay{"hosts", "a `host`", "`hosts: any` for every host", &CatalogueEntry::takes_host},
    MustSay{"ports", "a `portNumber`", "`ports: any` for every port", &CatalogueEntry::takes_port},
    MustSay{"commands", "a `command`", "`commands: any` for every command",
            &CatalogueEntry::takes_command},
};

// The first catalogued document that the rule names and that takes the parameter.
std::string_view find_taking(const Rule& rule, bool CatalogueEntry::*takes) {
  for (const DocumentPattern& pattern : rule.documents) {
    for (const CatalogueEntry& entry : catalogue()) {
      if (entry.*takes && pattern.covers_catalogued(entry.name)) return entry.name;
    }
  }
  return {};
}

// A key that is not there under its name, but with a slip: that one is reported.
bool is_misspelt(const TreeNode& node, std::string_view key) {
  return std::any_of(node.entries.begin(), node.entries.end(), [&](const TreeEntry& entry) {
    return std::find(kRuleKeys.begin(), kRuleKeys.end(), entry.key) == kRuleKeys.end() &&
           find_nearest_word(entry.key, kRuleKeys) == key;
  });
}

void check_said(const TreeNode& node, const Rule& rule, ValueReader& in) {
  for (const MustSay& must : kMustSay) {
    if (node.find(must.key) != nullptr) continue;
    const std::string_view document = find_taking(rule, must.takes);
    if (document.empty() || is_misspelt(node, must.key)) continue;
    in.error(node.where, "an allow rule for `" + std::string(document) + "`, which takes " +
                             std::string(must.parameter) + ", needs `" + std::string(must.key) +
                             "`; list them, or write " + std::string(must.example));
  }
}

bool takes(const CatalogueEntry& entry, std::string_view parameter) {
  return parameter == "localPortNumber" && entry.takes_local_port;
}

// The catalogued document that is all that the entry matches, by its name or by its ARN; else null.
const CatalogueEntry* find_only_catalogued(const DocumentPattern& pattern) {
  if (pattern.has_account() || pattern.name_glob().find_first_of("*?") != std::string::npos) {
    return nullptr;
  }
  return find_catalogued(pattern.name_glob());
}

// A parameter that none of the rule's documents takes: with it a request is malformed, and without
// it the rule does not match.
void check_parameters(const TreeNode& node, const Rule& rule, ValueReader& in) {
  if (rule.documents.empty()) return;
  for (const ParameterCriterion& parameter : rule.parameters) {
    if (std::holds_alternative<AnyValue>(parameter.test)) continue;
    const bool taken = std::any_of(rule.documents.begin(), rule.documents.end(),
                                   [&](const DocumentPattern& pattern) {
                                     const CatalogueEntry* entry = find_only_catalogued(pattern);
                                     return entry == nullptr || takes(*entry, parameter.name);
                                   });
    if (taken) continue;
    const auto& entries = node.find("parameters")->entries;
    const auto found = std::find_if(entries.begin(), entries.end(), [&](const TreeEntry& entry) {
      return entry.key == parameter.name;
    });
    in.error(found->where, "no document of this rule takes the parameter " +
                               in_backticks(parameter.name) +
                               ", so the rule can never match; remove it");
  }
}

void load_id(const TreeNode& node, ValueReader& in, Rule& rule) {
  const TreeNode* id = node.find("id");
  if (id == nullptr && is_misspelt(node, "id")) return;
  if (id == nullptr) {
    in.error(node.where, "a rule needs an `id`; write one such as `id: orders-db`");
    return;
  }
  const auto text = in.text(*id, "id");
  if (text && in.identifier(*text, id->where, "rule id")) rule.id = *text;
}

void load_max_duration(const TreeNode& node, ValueReader& in, Rule& rule) {
  const TreeNode* limit = node.find("max_duration");
  if (limit == nullptr || rule.denies) return;
  if (limit->is_scalar()) rule.max_duration = parse_duration(limit->scalar);
  if (rule.max_duration) return;
  in.error(limit->where,
           "`max_duration` is no duration; write a whole number and a unit, at most 7 days: `30m`, "
           "`8h`");
}

}  // namespace

bool check_user_name(std::string_view name, Position where, ValueReader& in) {
  if (name.empty()) {
    in.error(where, "an empty name can match nobody; write a user's name");
    return false;
  }
  if (name.size() > kMaxUserName) {
    in.error(where, in_backticks(name) +
                        " is longer than 256 bytes and can match nobody; write a user's name");
    return false;
  }
  if (escape_invisible(name) != name) {
    in.error(where, in_backticks(name) +
                        " holds a control or invisible character and can match nobody; write a "
                        "user's name");
    return false;
  }
  if (!has_glob(name)) return true;
  in.error(where, in_backticks(name) +
                      " holds a glob, but users are compared whole; list the names, or write a "
                      "group under `groups`, or `any`");
  return false;
}

std::optional<Instant> load_mode(const TreeNode& node, Position where, ValueReader& in) {
  const TreeNode* mode = node.find("mode");
  const TreeNode* until = node.find("until");
  const auto text = mode != nullptr ? in.text(*mode, "mode") : std::nullopt;
  if (text && *text != "enforce" && *text != "report") {
    in.error(mode->where, in_backticks(*text) + " is no mode; write `enforce` or `report`");
    return std::nullopt;
  }
  const bool reports = text && *text == "report";
  if (until == nullptr) {
    if (reports) {
      in.error(where,
               "`mode: report` needs `until`, so that the trial ends; write a time such as "
               "`until: 2026-12-31`");
    }
    return std::nullopt;
  }
  const auto instant = in.instant(*until, "until");
  if (!reports && (mode == nullptr || text)) {
    in.error(until->where, "`until` needs `mode: report` beside it; add it, or remove `until`");
    return std::nullopt;
  }
  return instant;
}

Rule load_rule(const TreeNode& node, bool denies, const Groups& groups, ValueReader& in) {
  Rule rule;
  rule.where = node.where;
  rule.denies = denies;
  if (!in.mapping(node, denies ? "a deny rule" : "an allow rule")) return rule;
  const std::span known(kRuleKeys);
  report_unknown_keys(node, denies ? known.first(known.size() - 1) : known,
                      denies ? "a deny rule" : "an allow rule", in.diagnostics());
  load_id(node, in, rule);
  if (const TreeNode* description = node.find("description")) {
    (void)in.text(*description, "description");
  }
  rule.report_until = load_mode(node, node.where, in);
  load_max_duration(node, in, rule);
  if (const TreeNode* users = node.find("users")) load_users(*users, groups, in, rule);
  for (const CriterionKey& criterion : kCriteria) {
    if (const TreeNode* value = node.find(criterion.key)) criterion.load(*value, in, rule);
  }
  if (rule.not_before && rule.expires && *rule.not_before >= *rule.expires) {
    in.error(node.find("expires")->where,
             "`expires` is not after `not_before`, so the rule can never match; move one of them");
  }
  if (denies) return rule;
  if (rule.report_until && rule.not_before && *rule.not_before >= *rule.report_until) {
    in.error(node.find("until")->where,
             "`until` is not after `not_before`, so the rule can never match; move one of them");
  }
  check_parameters(node, rule, in);
  if (node.find("documents") == nullptr && !is_misspelt(node, "documents")) {
    in.error(node.where, "an allow rule needs `documents`; write the documents it allows");
  }
  check_said(node, rule, in);
  return rule;
}

}  // namespace ssmgate
