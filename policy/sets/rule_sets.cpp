#include "sets/rule_sets.hpp"

#include <algorithm>

#include "sets/comparison.hpp"
#include "sets/proposal.hpp"

namespace ssmgate::sets {
namespace {

// LIMIT: proposals in all lints of a policy, about ten microseconds each.
constexpr std::size_t kMaxLintSteps = 60'000;

std::optional<std::vector<Conflict>> no_conflicts(const Model&) {
  return std::vector<Conflict>{};
}

// Before the proposal is judged, it must be a request at all: what no policy would decode is no
// witness.
FindConflicts only_well_formed(const CompiledRules& policy) {
  return [&policy](const Model& model) {
    return Proposal::make(policy, model) ? no_conflicts(model) : std::nullopt;
  };
}

void append(std::vector<std::string>& names, const std::vector<std::string>& more) {
  for (const std::string& name : more) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
}

}  // namespace

RuleSets::RuleSets(const CompiledRules& policy, Instant now)
    : policy_(policy),
      now_(std::chrono::floor<std::chrono::seconds>(now)),
      shared_{{}, {}, {kMaxLintSteps}},
      allow_(policy.allow),
      deny_(policy.deny) {}

Found RuleSets::find_in(const DocumentClass& document, const Literals& wanted,
                        const std::vector<std::string>& parameters,
                        const FindConflicts& conflicts) {
  return search(wanted, {document, now_, parameters}, conflicts, shared_);
}

// A request that the rule matches, and none of the rules that are in conflict with it. The reasons
// of all classes together where there is none.
Found RuleSets::find(const Rule& rule, const FindConflicts& conflicts) {
  Found all;
  for (const DocumentClass& document : document_classes()) {
    const DocumentView view = view_of(document, policy_);
    const auto parameters = parameters_of(rule, view);
    for (const Literals& product : products_of(rule, view, parameters, shared_.atoms)) {
      Found found = find_in(document, product, parameters, conflicts);
      if (found.answer != Answer::none) return found;
      all.reason.insert(all.reason.end(), found.reason.begin(), found.reason.end());
    }
  }
  return all;
}

std::optional<std::vector<Conflict>> RuleSets::covering(const Rule& rule, Cover cover,
                                                        const DocumentView& view,
                                                        const Model& model) const {
  const auto proposal = Proposal::make(policy_, model);
  if (!proposal) return std::nullopt;
  std::vector<Conflict> found;
  if (cover != Cover::earlier) {
    for (const Rule* deny : deny_.matching(proposal->facts())) {
      if (deny != &rule && !on_trial(*deny, model.now)) found.push_back({deny, &view});
    }
  }
  if (cover == Cover::denies) return found;
  const RuleFinder& own = rule.denies ? deny_ : allow_;
  for (const Rule* other : own.matching(proposal->facts())) {
    const bool before = other < &rule || (!rule.denies && rule.report_until.has_value());
    const bool counts = rule.denies ? !on_trial(*other, model.now) : !other->report_until;
    if (other != &rule && before && counts) found.push_back({other, &view});
  }
  return found;
}

RuleSets::Covered RuleSets::find_cover(const Rule& rule, Cover cover) {
  Covered covered{Answer::none, {}, false};
  for (const DocumentClass& document : document_classes()) {
    const DocumentView view = view_of(document, policy_);
    const auto parameters = parameters_of(rule, view);
    const auto asked = [&](const Model& model) { return covering(rule, cover, view, model); };
    for (const Literals& product : products_of(rule, view, parameters, shared_.atoms)) {
      const Found found = find_in(document, product, parameters, asked);
      if (found.answer != Answer::none) return {found.answer, {}, false};
      covered.by.insert(covered.by.end(), found.reason.begin(), found.reason.end());
    }
  }
  auto& rules = covered.by;
  std::sort(rules.begin(), rules.end(),
            [](const Rule* a, const Rule* b) { return a->where < b->where; });
  rules.erase(std::unique(rules.begin(), rules.end()), rules.end());
  covered.impossible = rules.empty();
  return covered;
}

bool RuleSets::is_impossible(const Rule& rule) {
  return find(rule, only_well_formed(policy_)).answer == Answer::none;
}

bool RuleSets::never_meet(const Rule& deny, const Rule& allow) {
  for (const DocumentClass& document : document_classes()) {
    const DocumentView view = view_of(document, policy_);
    const auto parameters = parameters_of(allow, view);
    const auto denied = products_of(deny, view, parameters, shared_.atoms);
    if (denied.empty()) continue;
    for (Literals& product : products_of(allow, view, parameters, shared_.atoms)) {
      for (const Literals& other : denied) {
        Literals both = product;
        both.insert(both.end(), other.begin(), other.end());
        const Found found = find_in(document, both, parameters, only_well_formed(policy_));
        if (found.answer != Answer::none) return false;
      }
    }
  }
  return true;
}

const Rule* RuleSets::find_any_met(const Rule& deny) {
  const Found found = find(deny, only_well_formed(policy_));
  if (found.answer != Answer::found) return nullptr;
  const auto proposal = Proposal::make(policy_, found.model);
  if (!proposal) return nullptr;
  const auto met = allow_.matching(proposal->facts());
  return met.empty() ? nullptr : met.front();
}

bool RuleSets::opens_beside(const Rule& inner, const Rule& door, const DocumentClass& document) {
  const DocumentView view = view_of(document, policy_);
  Rule caller = inner;
  caller.denies = true;  // what it says of parameters no longer counts
  caller.report_until.reset();
  caller.documents.clear();
  caller.hosts.clear();
  caller.ports.clear();
  caller.commands.clear();
  caller.parameters.clear();
  caller.reason = {};
  std::vector<std::string> parameters = parameters_of(door, view);
  append(parameters, parameters_of(caller, view));
  const auto refused = [&](const Model& model) -> std::optional<std::vector<Conflict>> {
    const auto proposal = Proposal::make(policy_, model);
    if (!proposal) return std::nullopt;
    std::vector<Conflict> found;
    for (const Rule* deny : deny_.matching(proposal->facts())) {
      if (!on_trial(*deny, model.now)) found.push_back({deny, &view});
    }
    return found;
  };
  const auto callers = products_of(caller, view, parameters, shared_.atoms);
  for (const Literals& product : products_of(door, view, parameters, shared_.atoms)) {
    for (const Literals& who : callers) {
      Literals both = product;
      both.insert(both.end(), who.begin(), who.end());
      if (find_in(document, both, parameters, refused).answer == Answer::found) return true;
    }
  }
  return false;
}

}  // namespace ssmgate::sets
