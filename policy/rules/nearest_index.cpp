#include "rules/nearest_index.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "rules/rule_keys.hpp"

namespace ssmgate {
namespace {

// A criterion as text that tells it from all others of its kind; empty: the rule leaves it out.
class Signature {
 public:
  Signature& add(std::string_view text) {
    text_.append(std::to_string(text.size())).append(":").append(text);
    return *this;
  }
  template <typename List>
  Signature& add_texts(const List& list) {
    for (const std::string& text : list) add(text);
    return *this;
  }
  template <typename List>
  Signature& add_entries(const List& list) {
    for (const auto& entry : list) add(entry.text);
    return *this;
  }
  Signature& add_number(std::int64_t number) { return add(std::to_string(number)); }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

struct TestSignature {
  Signature& out;
  void operator()(const AnyValue&) const { out.add("any"); }
  void operator()(const Globs& globs) const { out.add("globs").add_texts(globs).add("end"); }
  void operator()(const std::vector<HostEntry>& hosts) const {
    out.add("hosts").add_entries(hosts).add("end");
  }
  void operator()(const std::vector<PortEntry>& ports) const {
    out.add("ports").add_entries(ports).add("end");
  }
  void operator()(const RegexCriterion& regex) const { out.add("regex").add(regex.text); }
};

// Whether a parameter of the request is named depends on these as well.
Signature& add_parameters(Signature& out, const Rule& rule) {
  out.add(rule.hosts.empty() ? "" : "h").add(rule.ports.empty() ? "" : "p");
  out.add(rule.commands.empty() ? "" : "c");
  for (const ParameterCriterion& parameter : rule.parameters) {
    out.add(parameter.name);
    std::visit(TestSignature{out}, parameter.test);
  }
  return out;
}

Signature& add_users(Signature& out, const UsersCriterion& users) {
  if (!users.said) return out;
  out.add(users.any ? "any" : "").add_texts(users.names).add("unix").add_texts(users.unix_users);
  return out.add("group").add_texts(users.unix_groups);
}

Signature& add_hours(Signature& out, const Hours& hours) {
  out.add_number(hours.days).add_number(hours.from.count()).add_number(hours.to.count());
  return out.add(hours.zone_name);
}

std::string signature(Criterion criterion, const Rule& rule) {
  Signature out;
  switch (criterion) {
    case Criterion::documents:
      for (const DocumentPattern& document : rule.documents) out.add(document.text());
      break;
    case Criterion::users: add_users(out, rule.users); break;
    case Criterion::clients: out.add_entries(rule.clients); break;
    case Criterion::accounts: out.add_texts(rule.accounts); break;
    case Criterion::access_keys: out.add_texts(rule.access_keys); break;
    case Criterion::regions: out.add_texts(rule.regions); break;
    case Criterion::targets: out.add_texts(rule.targets); break;
    case Criterion::hosts: out.add_entries(rule.hosts); break;
    case Criterion::ports: out.add_entries(rule.ports); break;
    case Criterion::commands: out.add_texts(rule.commands); break;
    case Criterion::parameters: add_parameters(out, rule); break;
    case Criterion::reason:
      if (rule.reason.compiled != nullptr) out.add(rule.reason.text);
      break;
    case Criterion::not_before:
      if (rule.not_before) out.add_number(rule.not_before->time_since_epoch().count());
      break;
    case Criterion::expires:
      if (rule.expires) out.add_number(rule.expires->time_since_epoch().count());
      break;
    case Criterion::hours:
      if (rule.hours) add_hours(out, *rule.hours);
      break;
  }
  return out.take();
}

constexpr std::size_t kKinds = static_cast<std::size_t>(Criterion::hours) + 1;

// `documents`, `users` and `clients` stand first among the criteria.
constexpr std::size_t kNameableKinds = 3;

}  // namespace

struct NearestIndex::Tables {
  // Different criteria, those of one kind behind each other, in the order of `criteria()`.
  std::array<std::uint32_t, kKinds + 1> kind_begins{};
  std::vector<Criterion> kinds;
  std::vector<std::uint32_t> representatives;  // a rule that has the criterion
  // rule r has those from criteria[begins[r]] on, sorted
  std::vector<std::uint32_t> begins;
  std::vector<std::uint32_t> criteria;
  std::vector<char> on_trial;  // by rule: `mode: report`
  // Criteria that hold only for a request with one of their keys.
  KeyKinds key_kinds;
  std::vector<std::pair<Key, std::uint32_t>> found_by;  // sorted
  // By criterion, before any is looked at: one with keys fails until a key of the request names it.
  std::vector<Outcome> at_first;
};

namespace {

// Finds equal criteria, kind by kind.
class TableMaker {
 public:
  explicit TableMaker(const std::vector<Rule>& rules) : rules_(rules), of_rule_(rules.size()) {}

  template <typename Tables>
  void run(Tables& out) {
    for (std::size_t i = 0; i < kKinds; ++i) {
      out.kind_begins[i] = static_cast<std::uint32_t>(out.kinds.size());
      add_kind(criteria()[i], out);
    }
    out.kind_begins[kKinds] = static_cast<std::uint32_t>(out.kinds.size());
    out.at_first.resize(out.kinds.size());
    for (const Criterion criterion : kKeyedCriteria) add_keys(criterion, out);
    std::sort(out.found_by.begin(), out.found_by.end());
    for (const Rule& rule : rules_) out.on_trial.push_back(rule.report_until ? 1 : 0);
    for (const auto& numbers : of_rule_) {
      out.begins.push_back(static_cast<std::uint32_t>(out.criteria.size()));
      out.criteria.insert(out.criteria.end(), numbers.begin(), numbers.end());
    }
    out.begins.push_back(static_cast<std::uint32_t>(out.criteria.size()));
  }

 private:
  template <typename Tables>
  void add_kind(Criterion criterion, Tables& out) {
    std::unordered_map<std::string, std::uint32_t> seen;
    for (std::uint32_t rule = 0; rule < rules_.size(); ++rule) {
      std::string text = signature(criterion, rules_[rule]);
      if (text.empty()) continue;
      const auto number = static_cast<std::uint32_t>(out.kinds.size());
      const auto [known, fresh] = seen.try_emplace(std::move(text), number);
      if (fresh) {
        out.kinds.push_back(criterion);
        out.representatives.push_back(rule);
      }
      of_rule_[rule].push_back(known->second);
    }
  }

  template <typename Tables>
  void add_keys(Criterion criterion, Tables& out) {
    const auto kind = static_cast<std::size_t>(
        std::find(criteria().begin(), criteria().end(), criterion) - criteria().begin());
    KeyCounts counts;
    std::vector<EntryKeys> entries;
    const auto each = [&](auto visit) {
      for (std::uint32_t i = out.kind_begins[kind]; i < out.kind_begins[kind + 1]; ++i) {
        const Rule& rule = rules_[out.representatives[i]];
        find_entry_keys(criterion, rule, entries);
        visit(i, rule);
      }
    };
    each([&](std::uint32_t, const Rule&) { counts.add(entries); });
    counts.finish();
    each([&](std::uint32_t i, const Rule& rule) {
      if (entries.empty()) return;
      out.at_first[i] = NearestIndex::Outcome::fails;
      note_kinds(criterion, rule, out.key_kinds);
      for (const EntryKeys& entry : entries) out.found_by.emplace_back(counts.rarest(entry), i);
    });
  }

  const std::vector<Rule>& rules_;
  std::vector<boost::container::small_vector<std::uint32_t, 8>> of_rule_;
};

}  // namespace

NearestIndex::NearestIndex() : NearestIndex(std::vector<Rule>()) {}
NearestIndex::~NearestIndex() = default;
NearestIndex::NearestIndex(NearestIndex&&) noexcept = default;
NearestIndex& NearestIndex::operator=(NearestIndex&&) noexcept = default;

NearestIndex::NearestIndex(const std::vector<Rule>& rules) {
  auto tables = std::make_unique<Tables>();
  TableMaker(rules).run(*tables);
  tables_ = std::move(tables);
}

NearestIndex::Counter::Counter(const NearestIndex& index, const std::vector<Rule>& rules,
                               const Facts& facts)
    : index_(index), rules_(rules), facts_(facts), outcomes_(index.tables_->at_first) {
  const Tables& tables = *index_.tables_;
  std::vector<Key> keys;
  append_request_keys(facts, tables.key_kinds, keys);
  for (const Key key : keys) {
    auto found = std::lower_bound(tables.found_by.begin(), tables.found_by.end(),
                                  std::pair(key, std::uint32_t{0}));
    for (; found != tables.found_by.end() && found->first == key; ++found) {
      outcomes_[found->second] = Outcome::unknown;
    }
  }
  for (std::size_t i = 0; i < kKinds; ++i) {
    if (!is_passed_over(criteria()[i], facts.catalogued)) continue;
    std::fill(outcomes_.begin() + tables.kind_begins[i],
              outcomes_.begin() + tables.kind_begins[i + 1], Outcome::holds);
  }
}

bool NearestIndex::Counter::evaluate(std::uint32_t criterion) {
  const Tables& tables = *index_.tables_;
  const Rule& rule = rules_[tables.representatives[criterion]];
  const bool good = holds(tables.kinds[criterion], rule, facts_);
  outcomes_[criterion] = good ? Outcome::holds : Outcome::fails;
  return good;
}

std::uint32_t NearestIndex::Counter::count(std::uint32_t rule, std::uint32_t enough) {
  const Tables& tables = *index_.tables_;
  const bool ended = tables.on_trial[rule] != 0 && facts_.now >= *rules_[rule].report_until;
  if (ended) return enough;
  const std::uint32_t nameable = tables.kind_begins[kNameableKinds];
  const std::uint32_t begin = tables.begins[rule];
  const auto criteria_of_rule =
      std::span(tables.criteria).subspan(begin, tables.begins[rule + 1] - begin);
  const Outcome* outcomes = outcomes_.data();
  std::uint32_t failed = 0;
  for (const std::uint32_t criterion : criteria_of_rule) {
    const Outcome outcome = outcomes[criterion];
    if (outcome == Outcome::holds) continue;
    if (outcome == Outcome::unknown && evaluate(criterion)) continue;
    if (criterion < nameable || ++failed >= enough) return enough;
  }
  return failed;
}

}  // namespace ssmgate
