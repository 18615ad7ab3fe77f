#include "state/metrics.hpp"

#include <algorithm>
#include <iterator>

namespace ssmgate::state {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr std::array<std::string_view, kVerdicts> kVerdictNames = {"allow", "deny", "malformed",
                                                                   "relay", "error"};
constexpr std::size_t kOthers = 2;                   // that allow, and that deny
constexpr std::string_view kOtherRules = "(other)";  // no rule can have such an id

void count_one(Count& count) noexcept {
  count.fetch_add(1, kRelaxed);
}

Verdict verdict_of(std::string_view decision) noexcept {
  const auto found = std::ranges::find(kVerdictNames, decision);
  return found == kVerdictNames.end() ? Verdict::error
                                      : static_cast<Verdict>(found - kVerdictNames.begin());
}

std::size_t code_of(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kCodes; ++i) {
    if (code_name(i) == text) return i;
  }
  return kNoCode;
}

std::shared_ptr<RuleCount> make_rule(std::string_view id, bool denies) {
  auto rule = std::make_shared<RuleCount>();
  rule->id = id;
  rule->denies = denies;
  return rule;
}

}  // namespace

std::string_view name(Verdict verdict) noexcept {
  return kVerdictNames[static_cast<std::size_t>(verdict)];
}

std::string_view code_name(std::size_t index) noexcept {
  return index < kCodes ? ssmgate::name(static_cast<Code>(index)) : "";
}

std::string_view name(HandshakeTrouble trouble) noexcept {
  switch (trouble) {
    case HandshakeTrouble::timeout: return "timeout";
    case HandshakeTrouble::distrusted: return "distrusted";
    case HandshakeTrouble::certificate: return "certificate";
    case HandshakeTrouble::no_leaf: return "no-leaf";
    case HandshakeTrouble::other: break;
  }
  return "other";
}

void Histogram::observe(double seconds) noexcept {
  const auto bound = std::ranges::lower_bound(kBounds, seconds);
  count_one(buckets_[static_cast<std::size_t>(bound - kBounds.begin())]);
  micros_.fetch_add(static_cast<std::uint64_t>(std::max(seconds, 0.0) * 1e6), kRelaxed);
}

std::array<std::uint64_t, Histogram::kBounds.size() + 1> Histogram::buckets() const noexcept {
  std::array<std::uint64_t, kBounds.size() + 1> values{};
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = buckets_[i].load(kRelaxed);
  return values;
}

void Metrics::handshake_failed(HandshakeTrouble why) noexcept {
  count_one(handshake_failures[static_cast<std::size_t>(why)]);
}

void Metrics::note(const AuditRecord& record) noexcept {
  const bool counts = record.event == Event::decision || record.event == Event::connect ||
                      record.event == Event::result;
  if (!counts) return;
  const Verdict verdict = verdict_of(record.decision);
  const std::size_t code = code_of(record.code);
  if (record.event == Event::result) return note_result(record, code);
  if (verdict == Verdict::malformed && code != kNoCode) count_one(malformed[code]);
  if (record.event == Event::decision) return note_decision(record, verdict, code);
  count_one(connects[static_cast<std::size_t>(verdict)][code]);
  const bool upstream = code != kNoCode && code >= static_cast<std::size_t>(Code::upstream_name);
  if (upstream) count_one(upstream_failures[code]);
}

void Metrics::note_decision(const AuditRecord& record, Verdict verdict, std::size_t code) noexcept {
  if (verdict == Verdict::deny && record.effect == "relay") count_one(reported);
  const auto rules = table();
  const auto find = [&](std::string_view id) -> RuleCount* {
    const auto place = rules->places.find(id);
    return place == rules->places.end() ? nullptr : rules->all[place->second].get();
  };
  const auto others = [&](bool denies) -> RuleCount* {
    if (rules->all.empty()) return nullptr;
    return rules->all[rules->all.size() - (denies ? 1 : 2)].get();
  };
  for (const std::string& id : record.reported) {
    RuleCount* rule = find(id);
    if (rule == nullptr) rule = others(false);
    if (rule != nullptr) count_one(rule->reported);
  }
  const bool allowed = verdict == Verdict::allow && code == static_cast<std::size_t>(Code::allowed);
  const bool denied =
      verdict == Verdict::deny && code == static_cast<std::size_t>(Code::explicit_deny);
  RuleCount* rule = nullptr;
  if (!record.rule.empty() && (allowed || denied)) {
    rule = find(record.rule);
    // A reload may have made another rule of that name since the request was judged.
    if (rule == nullptr || rule->denies != denied) rule = others(denied);
  }
  count_one(rule != nullptr ? rule->decided : decisions[static_cast<std::size_t>(verdict)][code]);
}

void Metrics::note_result(const AuditRecord& record, std::size_t code) noexcept {
  const bool relayed = !record.operation.empty();
  if (record.decision == "error" && code != kNoCode && relayed) count_one(upstream_failures[code]);
  if (relayed && record.duration_ms) {
    upstream_seconds.observe(static_cast<double>(*record.duration_ms) * 1e-3);
  }
  if (record.bytes_up) bytes_up.fetch_add(static_cast<std::uint64_t>(*record.bytes_up), kRelaxed);
  if (record.bytes_down) {
    bytes_down.fetch_add(static_cast<std::uint64_t>(*record.bytes_down), kRelaxed);
  }
}

std::shared_ptr<const Metrics::Rules> Metrics::table() const noexcept {
  const std::lock_guard lock(mutex_);
  return rules_;
}

Metrics::RuleCounts Metrics::rules() const {
  return table()->all;
}

void Metrics::Decided::add(const RuleCount& rule) noexcept {
  (rule.denies ? denied : allowed) += rule.decided.load(kRelaxed);
}

Metrics::Decided Metrics::decided_by_rules() const {
  const auto rules = table();
  Decided sums = rules->forgotten;
  for (const auto& rule : rules->all) sums.add(*rule);
  for (const auto& rule : rules->gone) sums.add(*rule);
  return sums;
}

void Metrics::set_rules(const std::vector<std::string>& allow,
                        const std::vector<std::string>& deny) {
  const auto before = table();
  const auto next = std::make_shared<Rules>();
  const std::size_t counted = before->all.empty() ? 0 : before->all.size() - kOthers;
  RuleCounts known = before->gone;
  std::ranges::copy_n(before->all.begin(), static_cast<std::ptrdiff_t>(counted),
                      std::back_inserter(known));
  const auto add = [&](const std::string& id, bool denies) {
    if (next->all.size() >= kCountedRules || next->places.contains(id)) return;
    const auto same = std::ranges::find_if(
        known, [&](const auto& rule) { return rule->id == id && rule->denies == denies; });
    next->places.emplace(id, next->all.size());
    next->all.push_back(same == known.end() ? make_rule(id, denies) : *same);
  };
  for (const std::string& id : deny) add(id, true);
  for (const std::string& id : allow) add(id, false);
  for (const auto& rule : known) {
    if (std::ranges::find(next->all, rule) == next->all.end()) next->gone.push_back(rule);
  }
  for (const bool denies : {false, true}) {
    next->all.push_back(counted == before->all.size() ? make_rule(kOtherRules, denies)
                                                      : before->all[counted + (denies ? 1 : 0)]);
  }
  next->forgotten = before->forgotten;
  while (next->gone.size() > kCountedRules) {
    next->forgotten.add(*next->gone.front());
    next->gone.erase(next->gone.begin());
  }
  const std::lock_guard lock(mutex_);
  rules_ = next;
}

}  // namespace ssmgate::state
