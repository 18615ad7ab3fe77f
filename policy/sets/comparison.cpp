#include "sets/comparison.hpp"

#include <algorithm>

#include "sets/proposal.hpp"

namespace ssmgate::sets {
namespace {

using Kind = DocumentClass::Kind;

// LIMIT: judged proposals of one comparison, about ten microseconds each.
constexpr std::size_t kMaxComparisonSteps = 300'000;

bool counts(const Rule& allow, Instant now) {
  return !allow.report_until || now < *allow.report_until;
}

// What refuses a request that `allow` matches, or lets it pass before `allow` does: a trial comes
// behind every rule in force.
void add_earlier(const RuleFinder& denies, const RuleFinder& allows, const Facts& facts,
                 const Rule& allow, const DocumentView& view, std::vector<Conflict>& found) {
  for (const Rule* rule : denies.matching(facts)) {
    if (!on_trial(*rule, facts.now)) found.push_back({rule, &view});
  }
  for (const Rule* rule : allows.matching(facts)) {
    if (rule == &allow || !counts(*rule, facts.now)) continue;
    const bool trials_alike = rule->report_until.has_value() == allow.report_until.has_value();
    const bool earlier = trials_alike ? rule < &allow : allow.report_until.has_value();
    if (earlier) found.push_back({rule, &view});
  }
}

// Keeps a witness, and remembers that something was not certain.
class Gathered {
 public:
  bool take(Found found) {
    unknown_ = unknown_ || found.answer == Answer::unknown;
    if (found.answer != Answer::found) return false;
    best_ = std::move(found);
    return true;
  }
  Found give() {
    if (best_.answer != Answer::found && unknown_) best_.answer = Answer::unknown;
    return std::move(best_);
  }

 private:
  Found best_;
  bool unknown_ = false;
};

}  // namespace

const std::vector<DocumentClass>& document_classes() {
  static const std::vector<DocumentClass> classes = [] {
    std::vector<DocumentClass> made;
    made.push_back({Kind::caller_owned, {}, false});
    for (const CatalogueEntry& entry : catalogue()) {
      made.push_back({Kind::named, std::string(entry.name), false});
    }
    made.push_back({Kind::aws_owned, {}, false});
    made.push_back({Kind::account_arn, {}, false});
    return made;
  }();
  return classes;
}

Comparison::Comparison(const CompiledRules& relays, const CompiledRules& refuses, Instant now)
    : relays_(relays),
      refuses_(refuses),
      now_(std::chrono::floor<std::chrono::seconds>(now)),
      shared_{{}, {}, {kMaxComparisonSteps}},
      relays_deny_(relays.deny),
      relays_allow_(relays.allow),
      refuses_deny_(refuses.deny),
      refuses_allow_(refuses.allow) {
  make_classes();
  for (const Rule& rule : refuses.allow) equal_allow_.insert(key_of(rule));
  std::unordered_set<std::string> common;
  for (const Rule& rule : relays.deny) common.insert(key_of(rule));
  for (const Rule& rule : refuses.deny) {
    if (!common.contains(key_of(rule))) own_denies_.push_back(&rule);
  }
}

void Comparison::make_classes() {
  for (const DocumentClass& document : document_classes()) {
    classes_.push_back({document, view_of(document, relays_), view_of(document, refuses_)});
  }
  if (relays_.default_document == refuses_.default_document) return;
  const DocumentClass absent{Kind::named, {}, true};
  classes_.push_back({absent, view_of(absent, relays_), view_of(absent, refuses_)});
}

std::optional<std::vector<Conflict>> Comparison::conflicts(const Class& where, const Model& model,
                                                           Unwanted unwanted) const {
  std::vector<Conflict> found;
  const auto passing = Proposal::make(relays_, model);
  if (!passing) return std::nullopt;
  if (unwanted.denials) {
    for (const Rule* rule : relays_deny_.matching(passing->facts())) {
      if (!on_trial(*rule, model.now)) found.push_back({rule, &where.relays});
    }
  }
  if (!unwanted.allowances || !found.empty()) return found;
  const auto refused = Proposal::make(refuses_, model);
  if (!refused) return found;
  for (const Rule* rule : refuses_allow_.matching(refused->facts())) {
    if (counts(*rule, model.now)) found.push_back({rule, &where.refuses});
  }
  return found;
}

Found Comparison::ask(const Class& where, const Literals& wanted, const Surroundings& surroundings,
                      Unwanted unwanted) {
  const auto asked = [&](const Model& model) { return conflicts(where, model, unwanted); };
  return search(wanted, surroundings, asked, shared_);
}

// Not while the second policy's own report mode relays everything.
Literals Comparison::enforced(Literals wanted) {
  if (refuses_.report_until) {
    wanted.push_back(
        {shared_.atoms.make(Dimension::time, BeforeAtom{*refuses_.report_until}), false});
  }
  return wanted;
}

// An absent DocumentName, with a parameter that the second policy's default does not take: that is
// malformed, which no report mode relays.
Found Comparison::find_unread(const Class& where, const Literals& product,
                              const Surroundings& surroundings, Unwanted unwanted) {
  if (!where.document.absent || where.refuses.catalogued == nullptr) return {};
  Gathered gathered;
  for (const std::string& name : surroundings.parameters) {
    Literals sent = product;
    sent.push_back({shared_.atoms.make(Dimension::parameter, AbsentAtom{}, name), false});
    if (gathered.take(ask(where, sent, surroundings, unwanted))) break;
  }
  return gathered.give();
}

Found Comparison::find_unallowed_in(const Class& where, const Rule& rule, const Rule* beside,
                                    bool has_equal) {
  const Surroundings surroundings{where.document, now_, parameters_of(rule, where.relays)};
  Gathered gathered;
  for (const Literals& product :
       products_of(rule, where.relays, surroundings.parameters, shared_.atoms)) {
    std::vector<Literals> others{{}};
    if (beside != nullptr) {
      others = products_of(*beside, where.refuses, surroundings.parameters, shared_.atoms);
    }
    for (Literals& all : others) {
      all.insert(all.begin(), product.begin(), product.end());
      if (!has_equal && gathered.take(ask(where, enforced(all), surroundings, {}))) {
        return gathered.give();
      }
      if (gathered.take(find_unread(where, all, surroundings, {}))) return gathered.give();
    }
  }
  return gathered.give();
}

Found Comparison::find_unallowed(const Rule& rule, const Rule* beside) {
  const bool has_equal = equal_allow_.contains(key_of(rule));
  Gathered gathered;
  for (const Class& where : classes_) {
    if (has_equal && !where.document.absent) continue;
    const bool equal_here = has_equal && !where.document.absent;
    if (gathered.take(find_unallowed_in(where, rule, beside, equal_here))) break;
  }
  return gathered.give();
}

Found Comparison::find_denied(const Rule& rule, const Rule& deny) {
  Gathered gathered;
  for (const Class& where : classes_) {
    const Surroundings surroundings{where.document, now_, parameters_of(rule, where.relays)};
    const auto products = products_of(rule, where.relays, surroundings.parameters, shared_.atoms);
    if (products.empty()) continue;
    const auto denials = products_of(deny, where.refuses, surroundings.parameters, shared_.atoms);
    for (const Literals& product : products) {
      for (const Literals& denial : denials) {
        Literals both = enforced(product);
        both.insert(both.end(), denial.begin(), denial.end());
        if (gathered.take(ask(where, both, surroundings, {true, false}))) return gathered.give();
      }
    }
  }
  return gathered.give();
}

std::optional<std::vector<Conflict>> Comparison::taken_earlier(const Class& where,
                                                               const Model& model, const Rule& rule,
                                                               const Rule& other) const {
  const auto here = Proposal::make(relays_, model);
  const auto there = Proposal::make(refuses_, model);
  if (!here || !there) return std::nullopt;
  std::vector<Conflict> found;
  add_earlier(relays_deny_, relays_allow_, here->facts(), rule, where.relays, found);
  add_earlier(refuses_deny_, refuses_allow_, there->facts(), other, where.refuses, found);
  return found;
}

// Those that neither policy calls malformed: an absent DocumentName may be another document to
// each.
std::vector<std::string> Comparison::common_parameters(const Rule& rule, const Rule& other,
                                                       const Class& where) {
  std::vector<std::string> names = parameters_of(rule, where.relays);
  if (where.refuses.catalogued == nullptr) return names;
  const auto there = parameters_of(other, where.refuses);
  std::erase_if(names, [&](const std::string& name) {
    return std::find(there.begin(), there.end(), name) == there.end();
  });
  return names;
}

Found Comparison::find_decided(const Rule& rule, const Rule& other) {
  Gathered gathered;
  for (const Class& where : classes_) {
    const Surroundings surroundings{where.document, now_, common_parameters(rule, other, where)};
    const auto asked = [&](const Model& model) { return taken_earlier(where, model, rule, other); };
    const auto products = products_of(rule, where.relays, surroundings.parameters, shared_.atoms);
    if (products.empty()) continue;
    const auto others = products_of(other, where.refuses, surroundings.parameters, shared_.atoms);
    for (const Literals& product : products) {
      for (const Literals& beside : others) {
        Literals both = product;
        both.insert(both.end(), beside.begin(), beside.end());
        if (gathered.take(search(both, surroundings, asked, shared_))) return gathered.give();
      }
    }
  }
  return gathered.give();
}

Found Comparison::find_in_report_mode() {
  if (!relays_.report_until) return {};
  Gathered gathered;
  const Literals during{
      {shared_.atoms.make(Dimension::time, BeforeAtom{*relays_.report_until}), true}};
  for (const Class& where : classes_) {
    // A parameter that no rule names: outside the catalogue no allow rule matches with it.
    std::vector<std::string> parameters = parameters_of(Rule{}, where.relays);
    if (where.relays.catalogued == nullptr) parameters.emplace_back("unnamed");
    const Surroundings surroundings{where.document, now_, std::move(parameters)};
    if (gathered.take(ask(where, enforced(during), surroundings, {false, true}))) break;
    if (gathered.take(find_unread(where, during, surroundings, {false, true}))) break;
  }
  return gathered.give();
}

}  // namespace ssmgate::sets
