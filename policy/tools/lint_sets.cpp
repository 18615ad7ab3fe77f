// Warnings about what rules say together: one that never decides, a deny that has nothing to
// refuse, limits that another rule, or an operation, goes round.
//
// LIMIT: all questions of one policy share a budget; when it is used up, no warning is given.
#include <algorithm>
#include <array>
#include <set>

#include "sets/rule_sets.hpp"
#include "ssmgate/names/document.hpp"
#include "ssmgate/names/glob.hpp"
#include "tools/lint_parts.hpp"

namespace ssmgate::tools {
namespace {

using sets::Answer;
using sets::RuleSets;
using Cover = RuleSets::Cover;

// LIMIT: pairs of rules that are compared for one policy.
constexpr int kMaxPairs = 20'000;
constexpr std::size_t kMaxNamed = 3;
constexpr std::string_view kSsh = "AWS-StartSSHSession";

std::string quoted(std::string_view text) {
  return "`" + std::string(text) + "`";
}

// "`a`", "`a` and `b`", "`a`, `b`, `c` and 4 more"
std::string named(const std::vector<const Rule*>& rules) {
  std::string out;
  const std::size_t shown = std::min(rules.size(), kMaxNamed);
  for (std::size_t i = 0; i < shown; ++i) {
    const bool last = i > 0 && i + 1 == rules.size();
    out += (i == 0 ? "" : last ? " and " : ", ") + quoted(rules[i]->id);
  }
  if (rules.size() > shown) out += " and " + std::to_string(rules.size() - shown) + " more";
  return out;
}

// "the earlier rule `a` matches", "the earlier rules `a` and `b` together match"
std::string which(const std::vector<const Rule*>& rules, std::string_view kind,
                  std::string_view verb, std::string_view ending) {
  const std::string front = "the " + std::string(kind);
  if (rules.size() > 1) {
    return front + " rules " + named(rules) + " together " + std::string(verb);
  }
  return front + " rule " + named(rules) + ' ' + std::string(verb) + std::string(ending);
}

template <class T>
bool share_none(const std::vector<T>& a, const std::vector<T>& b) {
  return !a.empty() && !b.empty() && std::none_of(a.begin(), a.end(), [&](const T& one) {
    return std::find(b.begin(), b.end(), one) != b.end();
  });
}

std::vector<std::string> exact_documents(const Rule& rule) {
  std::vector<std::string> names;
  for (const DocumentPattern& pattern : rule.documents) {
    if (pattern.exact_name().empty()) return {};
    names.emplace_back(pattern.exact_name());
  }
  return names;
}

// Quick, and right when it says yes: most pairs of rules are about different things.
bool surely_apart(const Rule& a, const Rule& b) {
  const auto plain = [](const Rule& rule) {
    return std::none_of(rule.targets.begin(), rule.targets.end(),
                        [](const std::string& glob) { return has_glob(glob); });
  };
  return share_none(exact_documents(a), exact_documents(b)) || share_none(a.accounts, b.accounts) ||
         (plain(a) && plain(b) && share_none(a.targets, b.targets));
}

class SetLinter {
 public:
  explicit SetLinter(const LintContext& context)
      : context_(context), sets_(context.policy, context.now) {}

  void run() {
    for (const Rule& rule : context_.policy.allow) lint_allow(rule);
    for (const Rule& rule : context_.policy.deny) lint_deny(rule);
    lint_doors();
    lint_operations();
  }

 private:
  // --- rules that never decide ---

  void warn_impossible(const Rule& rule) {
    context_.warn(rule.where, "the rule " + quoted(rule.id) + " can never match: " +
                                  contradiction(rule) + "; change one of them, or remove the rule");
  }

  // The criteria each of which, left out, would let the rule match.
  std::string contradiction(const Rule& rule) {
    struct Criterion {
      std::string_view key;
      void (*leave_out)(Rule&);
    };
    constexpr std::array kCriteria = {
        Criterion{"documents", [](Rule& r) { r.documents.clear(); }},
        Criterion{"regions", [](Rule& r) { r.regions.clear(); }},
        Criterion{"accounts", [](Rule& r) { r.accounts.clear(); }},
        Criterion{"access_keys", [](Rule& r) { r.access_keys.clear(); }},
        Criterion{"hosts", [](Rule& r) { r.hosts.clear(); }},
        Criterion{"ports", [](Rule& r) { r.ports.clear(); }},
        Criterion{"commands", [](Rule& r) { r.commands.clear(); }},
        Criterion{"parameters", [](Rule& r) { r.parameters.clear(); }},
        Criterion{"not_before", [](Rule& r) { r.not_before.reset(); }},
        Criterion{"expires", [](Rule& r) { r.expires.reset(); }},
        Criterion{"until", [](Rule& r) { r.report_until.reset(); }},
        Criterion{"hours", [](Rule& r) { r.hours.reset(); }},
    };
    std::string keys;
    for (const Criterion& criterion : kCriteria) {
      Rule less = rule;
      criterion.leave_out(less);
      if (sets::key_of(less) == sets::key_of(rule) || sets_.is_impossible(less)) continue;
      keys.append(keys.empty() ? "" : " and ").append(quoted(criterion.key));
    }
    return keys.empty() ? std::string("its criteria contradict each other")
                        : keys + " leave nothing over";
  }

  void lint_allow(const Rule& rule) {
    const auto covered = sets_.find_cover(rule, Cover::both);
    if (covered.left != Answer::none) return;
    idle_.insert(&rule);
    if (covered.impossible) return warn_impossible(rule);
    const auto earlier = sets_.find_cover(rule, Cover::earlier);
    if (earlier.left == Answer::none) return warn_shadowed(rule, earlier.by);
    const auto denied = sets_.find_cover(rule, Cover::denies);
    context_.warn(rule.where, "the rule " + quoted(rule.id) + " never allows anything: " +
                                  (denied.left == Answer::none
                                       ? which(denied.by, "deny", "refuse", "s")
                                       : which(covered.by, "deny or earlier", "take", "s")) +
                                  " all that it matches; remove it, or narrow the others");
  }

  void warn_shadowed(const Rule& rule, const std::vector<const Rule*>& by) {
    const bool trial = !rule.denies && rule.report_until;
    context_.warn(rule.where, trial ? "the trial " + quoted(rule.id) + " changes nothing: " +
                                          which(by, "allow", "already let", "s") +
                                          " pass all that it would; remove the trial"
                                    : "the rule " + quoted(rule.id) +
                                          " never decides: " + which(by, "earlier", "match", "es") +
                                          " all that it matches; remove it, or narrow the earlier");
  }

  void lint_deny(const Rule& rule) {
    const auto earlier = sets_.find_cover(rule, Cover::earlier);
    if (earlier.left == Answer::none) {
      return earlier.impossible ? warn_impossible(rule) : warn_shadowed(rule, earlier.by);
    }
    if (context_.policy.allow.empty() || is_met(rule)) return;
    context_.warn(rule.where,
                  "the deny rule " + quoted(rule.id) +
                      " has nothing to refuse: no allow rule lets pass anything that it "
                      "matches; check what it was meant for, or remove it");
  }

  bool is_met(const Rule& deny) {
    if (sets_.find_any_met(deny) != nullptr) return true;
    return std::any_of(context_.policy.allow.begin(), context_.policy.allow.end(),
                       [&](const Rule& allow) {
                         if (surely_apart(deny, allow)) return false;
                         return ++pairs_ > kMaxPairs || !sets_.never_meet(deny, allow);
                       });
  }

  // --- limits that are gone round ---

  struct Door {
    std::string_view document, opens;
  };
  static constexpr std::array kDoors = {
      Door{kShellDocument, "a shell"},
      Door{kSsh, "SSH"},
      Door{"AWS-StartInteractiveCommand", "any command"},
      Door{"AWS-StartNonInteractiveCommand", "any command"},
      Door{"AWS-StartNonInteractiveCommands", "any command"},
  };

  static bool says_any(const Rule& rule, std::string_view key) {
    if (key == "hosts") {
      return std::any_of(rule.hosts.begin(), rule.hosts.end(), [](const HostEntry& entry) {
        return std::holds_alternative<HostPattern::Any>(entry.pattern.form());
      });
    }
    if (key == "ports") {
      return std::any_of(rule.ports.begin(), rule.ports.end(), [](const PortEntry& entry) {
        return entry.range.low <= 1 && entry.range.high == 65535;
      });
    }
    return std::find(rule.commands.begin(), rule.commands.end(), "*") != rule.commands.end();
  }

  // Forwards to some hosts or ports only, or runs some commands only.
  static bool is_limited(const Rule& rule) {
    // The port of SSH limits nothing that SSH itself does not open, nor a shell's anything.
    const bool opens_all = std::all_of(
        rule.documents.begin(), rule.documents.end(), [](const DocumentPattern& pattern) {
          return pattern.exact_name() == kSsh || pattern.exact_name() == kShellDocument;
        });
    if (opens_all) return false;
    return (!rule.hosts.empty() && !says_any(rule, "hosts")) ||
           (!rule.ports.empty() && !says_any(rule, "ports")) ||
           (!rule.commands.empty() && !says_any(rule, "commands"));
  }

  static bool is_door(const Rule& rule, const Door& door) {
    if (rule.report_until) return false;
    const bool command =
        find_catalogued(door.document) != nullptr && find_catalogued(door.document)->takes_command;
    if (command && !says_any(rule, "commands")) return false;
    return std::any_of(
        rule.documents.begin(), rule.documents.end(),
        [&](const DocumentPattern& pattern) { return pattern.covers_catalogued(door.document); });
  }

  std::vector<const Rule*> limited_rules() const {
    std::vector<const Rule*> limited;
    for (const Rule& rule : context_.policy.allow) {
      if (!rule.report_until && !idle_.contains(&rule) && is_limited(rule)) {
        limited.push_back(&rule);
      }
    }
    return limited;
  }

  // One warning a door, whatever the number of rules that it goes round.
  void lint_doors() {
    const auto limited = limited_rules();
    for (const Rule& door : context_.policy.allow) {
      if (idle_.contains(&door)) continue;
      for (const Door& kind : kDoors) {
        if (is_door(door, kind) && lint_door(door, kind, limited)) break;
      }
    }
  }

  bool lint_door(const Rule& door, const Door& kind, const std::vector<const Rule*>& limited) {
    const bool shell = kind.document == kShellDocument;
    const sets::DocumentClass document{
        shell ? sets::DocumentClass::Kind::caller_owned : sets::DocumentClass::Kind::named,
        shell ? std::string() : std::string(kind.document), false};
    std::vector<const Rule*> round;
    for (const Rule* rule : limited) {
      if (rule == &door || ++pairs_ > kMaxPairs) continue;
      if (sets_.opens_beside(*rule, door, document)) round.push_back(rule);
    }
    if (round.empty()) return false;
    context_.warn(door.where, "the rule " + quoted(door.id) + " opens " + std::string(kind.opens) +
                                  " to callers whom " + named(round) +
                                  " would hold to some hosts, ports or commands on the same "
                                  "targets: from there all others can be reached; give the two "
                                  "different `users` or `targets`, or accept it");
    return true;
  }

  // SOURCE: botocore's model of ssm/2014-11-06: what runs something on a node, changes what a
  // document does, or hands out access. PutParameter is not here: `{{` is refused everywhere.
  static constexpr std::array<std::string_view, 21> kOperations = {
      "SendCommand",
      "StartAutomationExecution",
      "StartChangeRequestExecution",
      "SendAutomationSignal",
      "CreateAssociation",
      "CreateAssociationBatch",
      "UpdateAssociation",
      "StartAssociationsOnce",
      "RegisterTaskWithMaintenanceWindow",
      "UpdateMaintenanceWindowTask",
      "CreateDocument",
      "UpdateDocument",
      "UpdateDocumentDefaultVersion",
      "ModifyDocumentPermission",
      "CreateActivation",
      "StartAccessRequest",
      "GetAccessToken",
      "UpdateServiceSetting",
      "ResetServiceSetting",
      "UpdateManagedInstanceRole",
      "PutResourcePolicy",
  };

  void lint_operations() {
    const auto limited = limited_rules();
    if (limited.empty()) return;
    const Globs& denied = context_.policy.denied_operations;
    std::string open;
    for (const std::string_view operation : kOperations) {
      const bool held = std::any_of(denied.begin(), denied.end(), [&](const std::string& glob) {
        return glob_matches(glob, operation);
      });
      if (!held) open.append(open.empty() ? "" : ", ").append(operation);
    }
    if (open.empty()) return;
    const TreeNode* node = context_.root.find("operations");
    context_.warn(node != nullptr ? node->where : limited.front()->where,
                  "operations that run code or hand out access are relayed, so whoever AWS lets "
                  "call one goes round the hosts, ports or commands of " +
                      named(limited) + "; write under `operations.deny`: " + open);
  }

  const LintContext& context_;
  RuleSets sets_;
  std::set<const Rule*> idle_;  // allow rules that never decide: said once
  int pairs_ = 0;
};

}  // namespace

void lint_sets(const LintContext& context) {
  SetLinter(context).run();
}

}  // namespace ssmgate::tools
