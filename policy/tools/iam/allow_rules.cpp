// Allow statements as allow rules.
//
// A session needs ssm:StartSession on its target and on its document, and the two may come from
// different statements: so every target that is allowed goes with every document that is, under the
// conditions of both. Without ssm:SessionDocumentAccessCheck, a statement that allows a target also
// opens a shell there to whoever leaves DocumentName out.
#include <algorithm>
#include <set>

#include "names/ascii.hpp"
#include "ssmgate/names/document.hpp"
#include "tools/iam/import.hpp"

namespace ssmgate::tools::iam {
namespace {

// LIMIT: IAM's largest policies have 10,240 characters, some sixty statements. What is beyond is
// left out, with a warning: so nothing is granted that IAM does not.
constexpr std::size_t kMaxRules = 1000;

struct TargetGroup {
  const Statement* of;
  Bounds bounds;
  bool checked;
  bool lost;
  Entries entries;
};

struct DocumentGroup {
  const Statement* of;
  Bounds bounds;
  bool lost;
  Entries entries;
};

class AllowImport {
 public:
  AllowImport(const PolicyDocument& policy, bool scp, RuleIds& ids, Report& report,
              ImportedRules& out)
      : policy_(policy), scp_(scp), ids_(ids), report_(report), out_(out) {}

  void run() {
    const bool closed = has_deny_of_unchecked();
    for (const Statement& statement : policy_.statements) {
      if (statement.allows && covers_operation(statement, "StartSession")) read(statement, closed);
    }
    for (const TargetGroup& targets : targets_) {
      for (const DocumentGroup& documents : documents_) combine(targets, documents);
      open_shell(targets);
      if (full_) return;
    }
  }

 private:
  // A Deny of every target where the document is not checked: then it is checked everywhere.
  bool has_deny_of_unchecked() {
    return std::any_of(
        policy_.statements.begin(), policy_.statements.end(), [&](const Statement& s) {
          if (s.allows || s.not_resource || !covers_operation(s, "StartSession")) return false;
          const Conditions conditions = read_conditions(s, policy_.variables);
          if (!conditions.unchecked || s.conditions.size() != 1) return false;
          const Parts parts = read_parts(s, policy_.variables);
          const auto everywhere = parts.targets.find(Bounds{});
          return everywhere != parts.targets.end() && are_all_targets(everywhere->second);
        });
  }

  void read(const Statement& statement, bool closed) {
    const Conditions conditions = read_conditions(statement, policy_.variables);
    const bool negative = !(conditions.outside == Bounds{});
    bool lost = scp_;
    if (scp_ && limits_nothing(statement)) return;
    if (scp_) {
      report_.lose(
          statement, statement.where,
          "an Allow of a service control policy grants nothing, it only limits, so it is a "
          "comment here: grant in rules of your own, no wider than this");
    }
    for (const LostCondition& condition : conditions.lost) {
      report_.lose(statement, condition.where,
                   condition.text + ", so this Allow is only a comment here");
      lost = true;
    }
    if (negative && conditions.lost.empty()) {
      report_.lose(
          statement, statement.where,
          "its condition allows everything but some, which no rule can; this Allow is only "
          "a comment here");
    }
    if (conditions.unchecked) {
      report_.lose(
          statement, statement.where,
          "`ssm:SessionDocumentAccessCheck` that is \"false\" cannot be carried over; this "
          "Allow is only a comment here");
    }
    lost = lost || negative || conditions.unchecked;
    if (conditions.never) {
      report_.warn(statement, statement.where,
                   "its conditions exclude each other: it allows nothing");
      return;
    }
    const Parts parts = statement.not_resource ? read_allowed_rest(statement, policy_.variables)
                                               : read_parts(statement, policy_.variables);
    for (const Finding& f : parts.lost) {
      if (!scp_) report_.lose(statement, f.where, f.text);
    }
    for (const Finding& f : parts.mistakes) report_.lose(statement, f.where, f.text);
    if (parts.remote_host && !lost) {
      report_.warn(
          statement, statement.where,
          "this allows forwarding to every host and port that the targets reach: IAM cannot "
          "hold more, so the rule says `hosts: any` and `ports: any` (which leave out the "
          "node itself); write your own hosts and ports there");
    }
    keep(statement, conditions, parts, lost, closed || conditions.checked);
  }

  // As in FullAWSAccess, which every organization has.
  static bool limits_nothing(const Statement& statement) {
    const bool everything = std::any_of(statement.resources.begin(), statement.resources.end(),
                                        [](const Word& word) { return matches_all(word.text); });
    return everything && !statement.not_resource && statement.conditions.empty();
  }

  void keep(const Statement& statement, const Conditions& conditions, const Parts& parts, bool lost,
            bool checked) {
    const auto bounded = [&](const Bounds& bounds) {
      bool exact = true;
      auto both = intersect(bounds, conditions.bounds, exact);
      if (!exact) {
        report_.lose(
            statement, statement.where,
            "its regions overlap with its condition's in a way that no rule says; write the "
            "regions out");
      }
      return both;
    };
    for (const auto& [bounds, entries] : parts.targets) {
      const auto both = bounded(bounds);
      if (!both) continue;
      const auto same = std::find_if(targets_.begin(), targets_.end(), [&](const TargetGroup& g) {
        return g.bounds == *both && g.checked == checked && g.lost == lost;
      });
      if (same == targets_.end()) {
        targets_.push_back({&statement, *both, checked, lost, entries});
      } else {
        same->entries.insert(entries.begin(), entries.end());
      }
    }
    for (const auto& [bounds, entries] : parts.documents) {
      const auto both = bounded(bounds);
      if (!both) continue;
      const auto same =
          std::find_if(documents_.begin(), documents_.end(),
                       [&](const DocumentGroup& g) { return g.bounds == *both && g.lost == lost; });
      if (same == documents_.end()) {
        documents_.push_back({&statement, *both, lost, entries});
      } else {
        same->entries.insert(entries.begin(), entries.end());
      }
    }
  }

  void combine(const TargetGroup& targets, const DocumentGroup& documents) {
    bool exact = true;
    const auto bounds = intersect(targets.bounds, documents.bounds, exact);
    if (!exact && said_overlap_.insert(&targets).second) {
      report_.lose(*targets.of, targets.of->where,
                   "its regions overlap with those of " + statement_name(*documents.of) +
                       " in a way that no rule says; write the regions out");
    }
    if (!bounds) return;
    // Documents with parameters want a rule of their own: for any other document a rule that names
    // a parameter asks for it.
    Entries with, without;
    for (const std::string& entry : documents.entries) {
      (find_catalogued(entry) != nullptr ? with : without).insert(entry);
    }
    const bool lost = targets.lost || documents.lost;
    if (lost && targets.of != documents.of && is_whole(targets.lost ? targets.of : documents.of)) {
      return;  // as a comment, its own targets and documents say enough
    }
    if (!with.empty()) add(targets, *bounds, std::move(with), lost, {});
    if (!without.empty()) add(targets, *bounds, std::move(without), lost, {});
  }

  [[nodiscard]] bool is_whole(const Statement* statement) const {
    const auto of_it = [&](const auto& group) { return group.of == statement; };
    return std::any_of(targets_.begin(), targets_.end(), of_it) &&
           std::any_of(documents_.begin(), documents_.end(), of_it);
  }

  void open_shell(const TargetGroup& targets) {
    if (targets.checked) return;
    out_.unchecked = out_.unchecked || !targets.lost;
    const std::string shell(kShell);
    const bool named = std::any_of(documents_.begin(), documents_.end(), [&](const auto& group) {
      return group.entries.contains(shell) && !group.lost;
    });
    const bool said = std::any_of(out_.allow.begin(), out_.allow.end(), [&](const auto& rule) {
      return rule.bounds == targets.bounds && rule.documents.contains(shell) &&
             (rule.targets.empty() || rule.targets == targets.entries) &&
             rule.commented_out == targets.lost;
    });
    if (!said) add(targets, targets.bounds, {shell}, targets.lost, "shell");
    if (named || targets.lost) return;
    report_.warn(
        *targets.of, targets.of->where,
        "without `ssm:SessionDocumentAccessCheck` this opens a shell to whoever leaves "
        "DocumentName out, whatever documents the policy names; in IAM add \"Condition\": "
        "{\"BoolIfExists\": {\"ssm:SessionDocumentAccessCheck\": \"true\"}} to every Allow "
        "of ssm:StartSession, here remove the rule `" +
            out_.allow.back().id + '`');
  }

  void add(const TargetGroup& targets, const Bounds& bounds, Entries documents, bool lost,
           std::string_view suffix) {
    if (full_) return;
    if (out_.allow.size() >= kMaxRules) {
      full_ = true;
      report_.lose(*targets.of, targets.of->where,
                   "its targets and documents make more than 1000 rules; the rest is left out");
      return;
    }
    ImportedRule rule{targets.of,      ids_.make(*targets.of, suffix), bounds,
                      targets.entries, std::move(documents),           lost};
    if (are_all_targets(rule.targets)) rule.targets.clear();
    out_.allow.push_back(std::move(rule));
  }

  const PolicyDocument& policy_;
  bool scp_;
  RuleIds& ids_;
  Report& report_;
  ImportedRules& out_;
  std::vector<TargetGroup> targets_;
  std::vector<DocumentGroup> documents_;
  std::set<const TargetGroup*> said_overlap_;
  bool full_ = false;
};

}  // namespace

std::string RuleIds::make(const Statement& statement, std::string_view suffix) {
  // LIMIT: ids have 64 characters at most; room is left for what is added.
  constexpr std::size_t kMaxSid = 40;
  std::string id;
  for (const char c : statement.sid) {
    if (id.size() >= kMaxSid) break;
    if (ascii::is_alnum(c)) {
      id += ascii::to_lower(c);
    } else if (!id.empty() && id.back() != '-') {
      id += '-';
    }
  }
  if (id.empty()) id = "statement-" + std::to_string(statement.number);
  if (!suffix.empty()) id.append("-").append(suffix);
  std::string made = id;
  for (int n = 2; used_.contains(made); ++n) made = id + '-' + std::to_string(n);
  used_.emplace(made, 1);
  return made;
}

void import_allows(const PolicyDocument& policy, bool scp, RuleIds& ids, Report& report,
                   ImportedRules& out) {
  AllowImport(policy, scp, ids, report, out).run();
}

}  // namespace ssmgate::tools::iam
