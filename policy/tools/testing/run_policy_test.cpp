// The cases of a policy test, judged and held against what they expect; which rules they reached.
#include <algorithm>
#include <unordered_set>

#include "rules/compiled.hpp"
#include "ssmgate/text/fields.hpp"
#include "ssmgate/tools/policy_test.hpp"

namespace ssmgate::tools {
namespace {

std::string quoted_or_none(std::string_view id) {
  return id.empty() ? std::string("none") : '`' + std::string(id) + '`';
}

std::string join(const std::vector<std::string>& ids) {
  std::string text;
  for (const std::string& id : ids) text += (text.empty() ? "" : ", ") + quoted_or_none(id);
  return text.empty() ? "none" : text;
}

void compare(std::string_view what, const std::optional<std::string>& expected,
             std::string_view got, std::vector<std::string>& faults) {
  if (!expected || *expected == got) return;
  faults.push_back(std::string(what) + ": expected `" + *expected + "`, got `" + std::string(got) +
                   "`");
}

std::string describe_untyped(Position where) {
  return "`request` holds a value at " + std::to_string(where.line) + ":" +
         std::to_string(where.column) +
         " that is no text, and StartSession takes nothing else; put it in quotes";
}

class Runner {
 public:
  Runner(const Policy& policy, Time now) : policy_(policy), now_(now) {
    for (const auto* rules : {&policy.rules().allow, &policy.rules().deny}) {
      for (const Rule& rule : *rules) ids_.push_back(rule.id);
    }
    known_.insert(ids_.begin(), ids_.end());
  }

  CaseResult run(const PolicyTestCase& tested) {
    CaseResult result;
    result.tested = &tested;
    auto judged = evaluate(policy_, tested.caller, tested.body, now_);
    if (judged) {
      result.finding = std::move(*judged);
      compare_all(tested, result.finding, result.faults);
    } else {
      result.faults.push_back(judged.error());
    }
    return result;
  }

 private:
  void compare_all(const PolicyTestCase& tested, const Finding& got,
                   std::vector<std::string>& faults) {
    const Expectation& expect = tested.expect;
    if (got.decision != expect.decision) {
      faults.push_back("decision: expected `" + std::string(name(expect.decision)) + "`, got `" +
                       std::string(name(got.decision)) + "`");
      const bool mistyped = got.code == Code::member_type && tested.untyped;
      if (mistyped) faults.push_back(describe_untyped(*tested.untyped));
    }
    compare("code", expect.code, name(got.code), faults);
    compare("effect", expect.effect, name(got.effect), faults);
    compare_rule("rule", expect.rule, got.rule, faults);
    compare_rule("nearest", expect.nearest, got.nearest, faults);
    if (!expect.reported || *expect.reported == got.reported) return;
    std::string fault =
        "reported: expected " + join(*expect.reported) + ", got " + join(got.reported);
    for (const std::string& id : *expect.reported) fault += describe_missing(id);
    faults.push_back(std::move(fault));
  }

  void compare_rule(std::string_view what, const std::optional<std::string>& expected,
                    const std::string& got, std::vector<std::string>& faults) {
    if (!expected || *expected == got) return;
    faults.push_back(std::string(what) + ": expected " + quoted_or_none(*expected) + ", got " +
                     quoted_or_none(got) + describe_missing(*expected));
  }

  // A rule's id in an expectation may be misspelt, or the rule may be gone: say so.
  std::string describe_missing(const std::string& id) {
    if (id.empty() || known_.contains(id)) return {};
    // LIMIT: looking for the id that was meant is worth it for the first 100 mistakes.
    const std::string_view nearest =
        hints_ < 100 ? find_nearest_word(id, ids_) : std::string_view();
    ++hints_;
    return "; the policy has no rule `" + id + "`" +
           (nearest.empty() ? std::string() : ", did you mean `" + std::string(nearest) + "`?");
  }

  const Policy& policy_;
  Time now_;
  std::vector<std::string_view> ids_;
  std::unordered_set<std::string_view> known_;
  int hints_ = 0;
};

bool goes_by_time(const Rule& rule) {
  return rule.not_before || rule.expires || rule.hours || rule.report_until;
}

// The first rule whose outcome changes with time; null: none.
const Rule* find_timed_rule(const Policy& policy) {
  for (const auto* rules : {&policy.rules().allow, &policy.rules().deny}) {
    const auto found = std::find_if(rules->begin(), rules->end(), goes_by_time);
    if (found != rules->end()) return &*found;
  }
  return nullptr;
}

void append_unreached(const std::vector<Rule>& rules, const std::string& path,
                      const std::set<std::string, std::less<>>& reached,
                      std::vector<UnexercisedRule>& out) {
  for (const Rule& rule : rules) {
    if (!reached.contains(rule.id)) out.push_back({path, rule.where, rule.id, rule.denies});
  }
}

}  // namespace

std::vector<CaseResult> run_policy_test(const PolicyTest& test, const Policy& policy, Time now) {
  std::vector<CaseResult> results;
  results.reserve(test.cases.size());
  Runner runner(policy, now);
  for (const PolicyTestCase& tested : test.cases) results.push_back(runner.run(tested));
  return results;
}

std::optional<Diagnostic> find_clock_dependence(const PolicyTest& test, const Policy& policy) {
  const auto timeless =
      std::find_if(test.cases.begin(), test.cases.end(),
                   [](const PolicyTestCase& tested) { return !tested.caller.at; });
  if (timeless == test.cases.end()) return std::nullopt;
  const Rule* rule = find_timed_rule(policy);
  if (rule == nullptr && !policy.rules().report_until) return std::nullopt;
  return Diagnostic{Severity::warning, timeless->where,
                    "the case has no `at` and is judged by the clock, but the policy goes by time"
                    " (" +
                        (rule != nullptr ? "rule `" + rule->id + '`' : "`until`") +
                        "), so that its outcome may change by itself; write `at` in the case, or "
                        "once at the top of the file"};
}

void Coverage::add(const Finding& finding) {
  if (!finding.rule.empty()) reached_.insert(finding.rule);
  reached_.insert(finding.reported.begin(), finding.reported.end());
}

void Coverage::append_unexercised(const Policy& policy, const std::string& path,
                                  std::vector<UnexercisedRule>& out) const {
  append_unreached(policy.rules().allow, path, reached_, out);
  append_unreached(policy.rules().deny, path, reached_, out);
}

}  // namespace ssmgate::tools
