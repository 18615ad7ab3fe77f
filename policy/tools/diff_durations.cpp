#include "tools/diff_durations.hpp"

#include <algorithm>

#include "sets/product.hpp"
#include "ssmgate/text/duration.hpp"

namespace ssmgate::tools {
namespace {

bool is_shorter(const Rule& one, const Rule& other) {
  return one.max_duration && (!other.max_duration || *one.max_duration < *other.max_duration);
}

}  // namespace

std::vector<ShorterRules::Ranked> ShorterRules::rank(const std::vector<Rule>& rules) {
  std::vector<Ranked> ranked;
  for (const bool trials : {false, true}) {
    for (const Rule& rule : rules) {
      if (rule.report_until.has_value() == trials) {
        ranked.push_back({&rule, ranked.size(), std::nullopt});
      }
    }
  }
  return ranked;
}

void ShorterRules::find_equals(std::vector<Ranked>& ranked, const std::vector<Ranked>& others) {
  std::unordered_map<std::string, Rank> first;
  for (const Ranked& other : others) first.emplace(sets::key_of(*other.rule), other.rank);
  for (Ranked& one : ranked) {
    const auto found = first.find(sets::key_of(*one.rule));
    if (found != first.end()) one.equal = found->second;
  }
}

ShorterRules::ShorterRules(const CompiledRules& relays, const CompiledRules& other) {
  const auto is_limited = [](const Rule& rule) { return rule.max_duration.has_value(); };
  if (std::none_of(other.allow.begin(), other.allow.end(), is_limited)) return;
  std::vector<Ranked> own = rank(relays.allow);
  std::vector<Ranked> others = rank(other.allow);
  // Another default, and equal texts no longer match the same.
  if (relays.default_document == other.default_document) {
    find_equals(own, others);
    find_equals(others, own);
  }
  for (const Ranked& one : own) own_.emplace(one.rule, one);
  std::copy_if(others.begin(), others.end(), std::back_inserter(limited_),
               [&](const Ranked& one) { return is_limited(*one.rule); });
}

std::vector<const Rule*> ShorterRules::find(const Rule& rule) const {
  std::vector<const Rule*> found;
  if (limited_.empty()) return found;
  const Ranked& own = own_.at(&rule);
  for (const Ranked& other : limited_) {
    if (!is_shorter(*other.rule, rule)) continue;
    // What matches the same as one of the two, and stands before the other one, decides instead.
    if (own.equal && *own.equal < other.rank) continue;
    if (other.equal && *other.equal < own.rank) continue;
    found.push_back(other.rule);
  }
  std::stable_partition(found.begin(), found.end(),
                        [&](const Rule* other) { return other->id == rule.id; });
  return found;
}

std::string explain_longer(const Rule& rule, const Rule& other, Direction direction) {
  const std::string shorter = render_duration(*other.max_duration);
  const std::string whose = other.id == rule.id ? "" : " by the rule `" + other.id + "`";
  if (direction == Direction::granted) {
    return "`max_duration` is " + (rule.max_duration ? duration_text(rule) : "gone") + ", was " +
           shorter + whose;
  }
  if (!rule.max_duration) return "`max_duration` is new: " + shorter + whose;
  return "`max_duration` was " + duration_text(rule) + ", is " + shorter + " now" + whose;
}

std::string duration_text(const Rule& rule) {
  return rule.max_duration ? render_duration(*rule.max_duration) : "none";
}

}  // namespace ssmgate::tools
