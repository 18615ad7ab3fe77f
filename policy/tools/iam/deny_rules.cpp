// Deny statements as deny rules, or as narrower allow rules where they deny "all but".
#include <algorithm>

#include "ssmgate/names/document.hpp"
#include "ssmgate/names/glob.hpp"
#include "tools/iam/import.hpp"

namespace ssmgate::tools::iam {
namespace {

class DenyImport {
 public:
  DenyImport(const PolicyDocument& policy, RuleIds& ids, Report& report, ImportedRules& out)
      : policy_(policy), ids_(ids), report_(report), out_(out) {}

  void run() {
    for (const Statement& statement : policy_.statements) {
      if (!statement.allows && covers_operation(statement, "StartSession")) read(statement);
    }
  }

 private:
  void read(const Statement& statement) {
    Conditions conditions = read_conditions(statement, policy_.variables);
    if (conditions.never) {
      report_.warn(statement, statement.where,
                   "its conditions exclude each other: it denies nothing");
      return;
    }
    for (const LostCondition& condition : conditions.lost) {
      report_.lose(statement, condition.where,
                   condition.text + ", so the rule here denies without it, which is more");
    }
    Parts parts =
        statement.not_resource ? read_rest(statement) : read_parts(statement, policy_.variables);
    for (const Finding& f : parts.lost) report_.lose(statement, f.where, f.text);
    for (const Finding& f : parts.mistakes) report_.lose(statement, f.where, f.text);
    if (is_unchecked_everywhere(statement, conditions, parts)) {
      report_.remark(statement,
                     "every session's document is checked: carried into the allow rules");
      return;
    }
    if (conditions.unchecked) {
      report_.lose(
          statement, statement.where,
          "`ssm:SessionDocumentAccessCheck` that is \"false\" cannot be carried over here; "
          "the rule denies without it, which is more");
    }
    if (conditions.named_negatively) {
      if (fold(statement, conditions.outside, parts)) return;
      report_.lose(statement, statement.where,
                   "a Deny of everything but some regions, accounts or addresses cannot be carried "
                   "over here; the rule denies without the condition, which is more: put "
                   "`regions`, `accounts` or `clients` into the allow rules and remove it");
    }
    add_own_documents(statement, parts);
    warn_of_shell(statement, conditions, parts);
    warn_of_list(statement, parts);
    write(statement, conditions.bounds, parts);
  }

  static bool denies_all_targets(const Parts& parts) {
    const auto everywhere = parts.targets.find(Bounds{});
    return everywhere != parts.targets.end() && are_all_targets(everywhere->second);
  }

  static bool is_unchecked_everywhere(const Statement& statement, const Conditions& conditions,
                                      const Parts& parts) {
    return !statement.not_resource && conditions.unchecked && statement.conditions.size() == 1 &&
           denies_all_targets(parts);
  }

  // "Deny unless …" on everything: the allow rules become as narrow. False: it cannot be said so.
  bool fold(const Statement& statement, const Bounds& inside, const Parts& parts) {
    const bool any_live = std::any_of(out_.allow.begin(), out_.allow.end(),
                                      [](const ImportedRule& r) { return !r.commented_out; });
    if (!denies_all_targets(parts) || !any_live) return false;
    bool exact = true;
    for (const ImportedRule& rule : out_.allow) (void)intersect(rule.bounds, inside, exact);
    if (!exact) return false;
    for (ImportedRule& rule : out_.allow) {
      const auto both = intersect(rule.bounds, inside, exact);
      if (both) {
        rule.bounds = *both;
      } else {
        rule.commented_out = true;
      }
    }
    report_.remark(statement, "carried into the allow rules, which it makes narrower");
    return true;
  }

  // Deny with NotResource: all of the allow rules' entries that it does not spare.
  Parts read_rest(const Statement& statement) {
    Parts out;
    bool wider = false;
    Entries targets, documents;
    for (const ImportedRule& rule : out_.allow) {
      targets.insert(rule.targets.begin(), rule.targets.end());
      if (rule.targets.empty()) targets.insert({"i-*", "mi-*", "ecs:*"});
      documents.insert(rule.documents.begin(), rule.documents.end());
    }
    for (const std::string& entry : targets) {
      if (spares_target(statement, entry)) continue;
      wider = wider || has_glob(entry);
      out.targets[{}].insert(entry);
    }
    for (const std::string& entry : documents) {
      if (spares_document(statement, entry)) continue;
      wider = wider || has_glob(entry) || entry.starts_with("arn:");
      out.documents[{}].insert(entry);
    }
    out.lost.push_back(
        {statement.where,
         std::string("`NotResource` in a Deny has no counterpart: denied here is what the rules "
                     "above allow and it does not spare") +
             (wider ? ", and more where an entry is a glob" : "") +
             "; check it again when you add rules"});
    return out;
  }

  void add_own_documents(const Statement& statement, Parts& parts) {
    Entries own;
    for (const ImportedRule& rule : out_.allow) {
      for (const std::string& entry : rule.documents) {
        const std::string plain = entry.substr(0, entry.find_first_of("*?"));
        if (!entry.starts_with("arn:") && !is_reserved_document_name(plain)) own.insert(entry);
      }
    }
    for (const auto& [bounds, globs] : parts.own_documents) {
      for (const std::string& entry : own) {
        const bool met = std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
          return globs_intersect(glob, entry);
        });
        if (met) parts.documents[bounds].insert(entry);
      }
    }
    if (parts.own_documents.empty()) return;
    report_.lose(
        statement, statement.where,
        "it denies documents of one account that no glob tells from AWS's own; denied here "
        "are those that the rules above allow: check it again when you add rules");
  }

  void warn_of_shell(const Statement& statement, const Conditions& conditions, const Parts& parts) {
    if (!out_.unchecked) return;
    const bool shell =
        std::any_of(parts.documents.begin(), parts.documents.end(), [](const auto& p) {
          return std::any_of(p.second.begin(), p.second.end(), [](const std::string& entry) {
            return !entry.starts_with("arn:") && glob_matches(entry, kShell);
          });
        });
    if (denies_all_targets(parts) && !conditions.checked) return;
    if (!shell && !(conditions.checked && !parts.targets.empty())) return;
    report_.lose(
        statement, statement.where,
        "in IAM this Deny does not close the shell to whoever leaves DocumentName out, as an "
        "Allow lacks `ssm:SessionDocumentAccessCheck`; the rule here does: in IAM add "
        "\"Condition\": {\"BoolIfExists\": {\"ssm:SessionDocumentAccessCheck\": \"true\"}} "
        "to every Allow of ssm:StartSession");
  }

  // A list of documents that are denied, where all others are open.
  void warn_of_list(const Statement& statement, const Parts& parts) {
    if (statement.not_resource || parts.documents.empty() || denies_all_targets(parts)) return;
    const bool all = std::any_of(parts.documents.begin(), parts.documents.end(),
                                 [](const auto& p) { return p.second.contains("*"); });
    const bool no_allow = std::none_of(
        policy_.statements.begin(), policy_.statements.end(),
        [](const Statement& s) { return s.allows && covers_operation(s, "StartSession"); });
    if (all || (!no_allow && !allows_all_documents())) return;
    report_.warn(
        statement, statement.where,
        "a list of denied documents does not hold tomorrow's document, which stays open; in "
        "IAM allow the documents you mean instead, with `ssm:SessionDocumentAccessCheck`, "
        "here list them in allow rules");
  }

  bool allows_all_documents() const {
    return std::any_of(
        policy_.statements.begin(), policy_.statements.end(), [&](const Statement& s) {
          if (!s.allows || !covers_operation(s, "StartSession")) return false;
          if (s.not_resource) return true;
          return std::any_of(s.resources.begin(), s.resources.end(), [](const Word& word) {
            const auto ways = read_resource(word.text, Reading::narrow);
            return std::any_of(ways.begin(), ways.end(), [](const ArnFields& f) {
              const auto names = consume_prefix(f.resource, "document/");
              return glob_matches(f.service, "ssm") && !names.empty() && matches_all(names.front());
            });
          });
        });
  }

  void write(const Statement& statement, const Bounds& bounds, const Parts& parts) {
    std::map<Bounds, Entries> targets, documents;
    for (const auto& [own, entries] : parts.targets)
      narrow(statement, own, bounds, entries, targets);
    for (const auto& [own, entries] : parts.documents) {
      narrow(statement, own, bounds, entries, documents);
    }
    std::vector<Bounds> whole;
    for (const auto& [both, entries] : targets) {
      const bool all = are_all_targets(entries);
      if (all) whole.push_back(both);
      add(statement, both, all ? Entries{} : entries, {});
    }
    for (const auto& [both, entries] : documents) {
      // All targets are denied there already.
      if (std::find(whole.begin(), whole.end(), both) != whole.end()) continue;
      add(statement, both, {}, entries);
    }
  }

  void narrow(const Statement& statement, const Bounds& own, const Bounds& condition,
              const Entries& entries, std::map<Bounds, Entries>& out) {
    bool exact = true;
    auto both = intersect(own, condition, exact);
    if (!exact) {
      both = condition;
      report_.lose(statement, statement.where,
                   "its regions overlap with its condition's in a way that no rule says; the rule "
                   "denies more");
    }
    if (!both) return;
    out[*both].insert(entries.begin(), entries.end());
  }

  [[nodiscard]] bool every_allow_has_accounts() const {
    return std::all_of(out_.allow.begin(), out_.allow.end(), [](const ImportedRule& rule) {
      return rule.commented_out || !rule.bounds.accounts.empty();
    });
  }

  // A key of before 2019 does not tell its account, so that a rule with `accounts` passes it over.
  void add(const Statement& statement, const Bounds& bounds, const Entries& targets,
           const Entries& documents) {
    out_.deny.push_back({&statement, ids_.make(statement), bounds, targets, documents});
    if (bounds.accounts.empty() || every_allow_has_accounts()) return;
    ImportedRule older = out_.deny.back();
    older.id = ids_.make(statement, "old-keys");
    older.bounds.accounts.clear();
    older.old_keys = true;
    report_.lose(statement, statement.where,
                 "an older access key does not tell its account, so the rule `" + older.id +
                     "` denies all of those, which is more; remove it if you have none");
    out_.deny.push_back(std::move(older));
  }

  const PolicyDocument& policy_;
  RuleIds& ids_;
  Report& report_;
  ImportedRules& out_;
};

}  // namespace

void import_denies(const PolicyDocument& policy, RuleIds& ids, Report& report, ImportedRules& out) {
  DenyImport(policy, ids, report, out).run();
}

}  // namespace ssmgate::tools::iam
