#include "rules/rule_index.hpp"

#include <algorithm>
#include <optional>

#include "rules/compiled.hpp"
#include "rules/facts.hpp"
#include "rules/rule_keys.hpp"
#include "ssmgate/text/text_hash.hpp"

namespace ssmgate {
namespace {

// Up to this many rules of one document are looked at one by one.
constexpr std::size_t kFewRules = 8;

using RuleNumbers = std::vector<std::uint32_t>;

// The rules that may concern one document.
struct Bucket {
  RuleNumbers all;
  RuleNumbers unkeyed;    // of `all`: those that no key finds
  std::vector<Key> keys;  // sorted; rules[i] is found by keys[i]
  RuleNumbers rules;

  [[nodiscard]] std::span<const std::uint32_t> find(Key key) const noexcept {
    const auto [first, last] = std::equal_range(keys.begin(), keys.end(), key);
    return std::span(rules).subspan(static_cast<std::size_t>(first - keys.begin()),
                                    static_cast<std::size_t>(last - first));
  }
};

// Gives each rule of a bucket the keys of its most telling criterion.
class BucketKeyer {
 public:
  BucketKeyer(const std::vector<Rule>& rules, const CatalogueEntry* document, KeyKinds& kinds)
      : rules_(rules), document_(document), kinds_(kinds) {}

  void run(Bucket& bucket) {
    if (bucket.all.size() <= kFewRules) {
      bucket.unkeyed = bucket.all;
      return;
    }
    for (const std::uint32_t rule : bucket.all) {
      for (const Criterion criterion : kKeyedCriteria) {
        find_usable_keys(criterion, rule);
        counts_.add(entries_);
      }
    }
    counts_.finish();
    for (const std::uint32_t rule : bucket.all) {
      if (!add_keys(rule)) bucket.unkeyed.push_back(rule);
    }
    std::sort(found_by_.begin(), found_by_.end());
    found_by_.erase(std::unique(found_by_.begin(), found_by_.end()), found_by_.end());
    bucket.keys.reserve(found_by_.size());
    bucket.rules.reserve(found_by_.size());
    for (const auto& [key, rule] : found_by_) {
      bucket.keys.push_back(key);
      bucket.rules.push_back(rule);
    }
  }

 private:
  void find_usable_keys(Criterion criterion, std::uint32_t rule) {
    const bool silent = !rules_[rule].denies && is_passed_over(criterion, document_);
    if (silent) return entries_.clear();
    find_entry_keys(criterion, rules_[rule], entries_);
  }

  bool add_keys(std::uint32_t rule) {
    std::optional<Criterion> chosen;
    std::uint32_t least = 0;
    for (const Criterion criterion : kKeyedCriteria) {
      find_usable_keys(criterion, rule);
      if (entries_.empty()) continue;
      const std::uint32_t cost = counts_.cost(entries_);
      if (chosen && cost >= least) continue;
      chosen = criterion;
      least = cost;
      best_.swap(entries_);
    }
    if (!chosen) return false;
    note_kinds(*chosen, rules_[rule], kinds_);
    for (const EntryKeys& entry : best_) found_by_.emplace_back(counts_.rarest(entry), rule);
    return true;
  }

  const std::vector<Rule>& rules_;
  const CatalogueEntry* document_;
  KeyKinds& kinds_;
  KeyCounts counts_;
  std::vector<EntryKeys> entries_, best_;
  std::vector<std::pair<Key, std::uint32_t>> found_by_;
};

bool names_exactly(const Rule& rule) {
  return !rule.documents.empty() &&
         std::all_of(rule.documents.begin(), rule.documents.end(),
                     [](const auto& document) { return !document.exact_name().empty(); });
}

bool covers(const Rule& rule, std::string_view catalogued) {
  return rule.documents.empty() ||
         std::any_of(rule.documents.begin(), rule.documents.end(),
                     [&](const auto& document) { return document.covers_catalogued(catalogued); });
}

}  // namespace

struct RuleIndex::Tables {
  KeyKinds kinds;
  std::unordered_map<std::string, Bucket, TextHash, std::equal_to<>> by_name;
  // Rules that name documents by globs or ARNs, or not at all: for each document of the catalogue,
  // and last for all others.
  std::vector<Bucket> general;

  [[nodiscard]] const Bucket* find_named(const Facts& facts) const {
    const auto found = by_name.find(facts.document.name());
    return found == by_name.end() ? nullptr : &found->second;
  }

  [[nodiscard]] const Bucket& find_general(const Facts& facts) const {
    if (facts.catalogued == nullptr) return general.back();
    return general[static_cast<std::size_t>(facts.catalogued - catalogue().data())];
  }

  void add_general(std::uint32_t number, const Rule& rule) {
    for (std::size_t i = 0; i < catalogue().size(); ++i) {
      if (covers(rule, catalogue()[i].name)) general[i].all.push_back(number);
    }
    general.back().all.push_back(number);
  }

  void add_named(std::uint32_t number, const Rule& rule) {
    for (const DocumentPattern& document : rule.documents) {
      auto& all = by_name[std::string(document.exact_name())].all;
      if (all.empty() || all.back() != number) all.push_back(number);
    }
  }
};

bool Candidates::next(std::uint32_t& rule) noexcept {
  if (lists_.empty()) return false;
  rule = lists_.front().front();
  for (const auto& list : lists_) rule = std::min(rule, list.front());
  for (std::size_t i = 0; i < lists_.size();) {
    auto& list = lists_[i];
    if (list.front() == rule) list = list.subspan(1);
    if (list.empty()) {
      list = lists_.back();
      lists_.pop_back();
    } else {
      ++i;
    }
  }
  return true;
}

RuleIndex::RuleIndex() : RuleIndex(std::vector<Rule>()) {}
RuleIndex::~RuleIndex() = default;
RuleIndex::RuleIndex(RuleIndex&&) noexcept = default;
RuleIndex& RuleIndex::operator=(RuleIndex&&) noexcept = default;

RuleIndex::RuleIndex(const std::vector<Rule>& rules) {
  auto tables = std::make_unique<Tables>();
  tables->general.resize(catalogue().size() + 1);
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    if (names_exactly(rules[i])) {
      tables->add_named(i, rules[i]);
    } else {
      tables->add_general(i, rules[i]);
    }
  }
  for (auto& [name, bucket] : tables->by_name) {
    BucketKeyer(rules, find_catalogued(name), tables->kinds).run(bucket);
  }
  for (std::size_t i = 0; i < tables->general.size(); ++i) {
    const CatalogueEntry* document = i < catalogue().size() ? &catalogue()[i] : nullptr;
    BucketKeyer(rules, document, tables->kinds).run(tables->general[i]);
  }
  tables_ = std::move(tables);
}

Candidates RuleIndex::find(const Facts& facts) const {
  Candidates out;
  const std::array buckets = {tables_->find_named(facts), &tables_->find_general(facts)};
  std::vector<Key> keys;
  for (const Bucket* bucket : buckets) {
    if (bucket == nullptr) continue;
    out.add(bucket->unkeyed);
    if (bucket->keys.empty()) continue;
    if (keys.empty()) append_request_keys(facts, tables_->kinds, keys);
    for (const Key key : keys) out.add(bucket->find(key));
  }
  return out;
}

Candidates RuleIndex::find_for_document(const Facts& facts) const {
  Candidates out;
  if (const Bucket* named = tables_->find_named(facts)) out.add(named->all);
  out.add(tables_->find_general(facts).all);
  return out;
}

}  // namespace ssmgate
