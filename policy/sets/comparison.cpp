#include "sets/comparison.hpp"

#include <algorithm>

#include "sets/proposal.hpp"

namespace ssmgate::sets {
namespace {

using Kind = DocumentClass::Kind;

// LIMIT: judged proposals of one comparison, about ten microseconds each.
constexpr std::size_t kMaxSteps = 300'000;

bool in_force(const Rule& deny, Instant now) {
  return !deny.report_until || now >= *deny.report_until;
}

bool counts(const Rule& allow, Instant now) {
  return !allow.report_until || now < *allow.report_until;
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
      budget_{kMaxSteps},
      relays_deny_(relays.deny),
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

std::optional<std::vector<Conflict>> Comparison::conflicts(const Class& where,
                                                           const Model& model) const {
  std::vector<Conflict> found;
  const auto passing = Proposal::make(relays_, model);
  if (!passing) return std::nullopt;
  if (!report_mode_) {
    for (const Rule* rule : relays_deny_.matching(passing->facts())) {
      if (in_force(*rule, model.now)) found.push_back({rule, &where.relays});
    }
    if (!found.empty()) return found;
  }
  const auto refused = Proposal::make(refuses_, model);
  if (!refused) return found;
  for (const Rule* rule : refuses_deny_.matching(refused->facts())) {
    if (in_force(*rule, model.now)) return found;
  }
  for (const Rule* rule : refuses_allow_.matching(refused->facts())) {
    if (counts(*rule, model.now)) found.push_back({rule, &where.refuses});
  }
  return found;
}

Found Comparison::ask(const Class& where, const Literals& wanted,
                      const Surroundings& surroundings) {
  const auto asked = [&](const Model& model) { return conflicts(where, model); };
  return search(wanted, surroundings, asked, atoms_, budget_);
}

Found Comparison::find_product(const Class& where, const Literals& product,
                               const Surroundings& surroundings, bool has_equal) {
  Gathered gathered;
  Literals wanted = product;
  if (refuses_.report_until) {
    wanted.push_back({atoms_.make(Dimension::time, BeforeAtom{*refuses_.report_until}), false});
  }
  // No allow rule of the second policy matches ...
  if (!(has_equal && !where.document.absent) &&
      gathered.take(ask(where, wanted, surroundings))) {
    return gathered.give();
  }
  // ... or a deny rule does, which the first policy does not have ...
  for (const Rule* deny : own_denies_) {
    for (const Literals& denied :
         products_of(*deny, where.refuses, surroundings.parameters, atoms_)) {
      Literals both = wanted;
      both.insert(both.end(), denied.begin(), denied.end());
      if (gathered.take(ask(where, both, surroundings))) return gathered.give();
    }
  }
  // ... or its default document does not take a parameter.
  if (!where.document.absent || where.refuses.catalogued == nullptr) return gathered.give();
  for (const std::string& name : surroundings.parameters) {
    Literals sent = wanted;
    sent.push_back({atoms_.make(Dimension::parameter, AbsentAtom{}, name), false});
    if (gathered.take(ask(where, sent, surroundings))) return gathered.give();
  }
  return gathered.give();
}

Found Comparison::find_in(const Class& where, const Rule& rule, bool has_equal) {
  const Surroundings surroundings{where.document, now_, parameters_of(rule, where.relays)};
  Gathered gathered;
  for (const Literals& product :
       products_of(rule, where.relays, surroundings.parameters, atoms_)) {
    if (gathered.take(find_product(where, product, surroundings, has_equal))) break;
  }
  return gathered.give();
}

Found Comparison::find(const Rule& rule, bool has_equal) {
  if (has_equal && own_denies_.empty() && relays_.default_document == refuses_.default_document) {
    return {};
  }
  Gathered gathered;
  for (const Class& where : classes_) {
    if (gathered.take(find_in(where, rule, has_equal))) break;
  }
  return gathered.give();
}

Found Comparison::find(const Rule& rule) {
  return find(rule, false);
}

Found Comparison::find_of_policy(const Rule& rule) {
  return find(rule, equal_allow_.contains(key_of(rule)));
}

Found Comparison::find_in_report_mode() {
  if (!relays_.report_until) return {};
  report_mode_ = true;
  Gathered gathered;
  const Literals during{{atoms_.make(Dimension::time, BeforeAtom{*relays_.report_until}), true}};
  for (const Class& where : classes_) {
    // A parameter that no rule names: outside the catalogue no allow rule matches with it.
    std::vector<std::string> parameters = parameters_of(Rule{}, where.relays);
    if (where.relays.catalogued == nullptr) parameters.emplace_back("unnamed");
    const Surroundings surroundings{where.document, now_, std::move(parameters)};
    if (gathered.take(find_product(where, during, surroundings, false))) break;
  }
  report_mode_ = false;
  return gathered.give();
}

}  // namespace ssmgate::sets
