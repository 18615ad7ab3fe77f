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
#include "tools/lint_limits.hpp"

namespace ssmgate::tools {
namespace {

using sets::Answer;
using sets::RuleSets;
using Cover = RuleSets::Cover;

// LIMIT: pairs of rules that are compared for one policy.
constexpr int kMaxRulePairs = 20'000;

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

bool name_other_documents(const Rule& a, const Rule& b) {
  return std::all_of(a.documents.begin(), a.documents.end(), [&](const DocumentPattern& one) {
    return std::all_of(b.documents.begin(), b.documents.end(), [&](const DocumentPattern& other) {
      return !one.exact_name().empty() && !other.exact_name().empty() &&
             one.exact_name() != other.exact_name();
    });
  });
}

// Quick, and right when it says yes: most pairs of rules are about different things.
bool surely_apart(const Rule& a, const Rule& b) {
  const auto plain = [](const Rule& rule) {
    return std::none_of(rule.targets.begin(), rule.targets.end(),
                        [](const std::string& glob) { return has_glob(glob); });
  };
  const bool documents = !a.documents.empty() && !b.documents.empty() && name_other_documents(a, b);
  return documents || share_none(a.accounts, b.accounts) ||
         (plain(a) && plain(b) && share_none(a.targets, b.targets));
}

class SetLinter {
 public:
  SetLinter(const LintContext& context, RuleSets& sets) : context_(context), sets_(sets) {}

  // The allow rules that never decide.
  std::set<const Rule*> run() {
    for (const Rule& rule : context_.policy.allow) lint_allow(rule);
    for (const Rule& rule : context_.policy.deny) lint_deny(rule);
    return std::move(idle_);
  }

 private:
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
                         return ++pairs_ > kMaxRulePairs || !sets_.never_meet(deny, allow);
                       });
  }

  const LintContext& context_;
  RuleSets& sets_;
  std::set<const Rule*> idle_;
  int pairs_ = 0;
};

}  // namespace

void lint_sets(const LintContext& context) {
  RuleSets sets(context.policy, context.now);
  const auto idle = SetLinter(context, sets).run();
  lint_limits(context, sets, idle);
}

}  // namespace ssmgate::tools
