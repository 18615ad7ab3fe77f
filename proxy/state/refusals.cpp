#include "state/refusals.hpp"

namespace ssmgate::state {
namespace {

std::int64_t minute_of(std::chrono::system_clock::time_point time) {
  return std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()).count();
}

std::string cut(const std::string& text) {
  return text.size() <= kKeptText ? text : text.substr(0, kKeptText) + "…";
}

Refusal refusal_of(const AuditRecord& record) {
  Refusal refusal;
  refusal.time = record.time;
  refusal.request_id = record.request_id;
  refusal.who = cut(record.user.empty() ? record.client : record.user);
  refusal.decision = record.decision;
  refusal.effect = record.effect;
  refusal.code = record.code;
  refusal.operation = cut(record.operation.empty() ? "CONNECT" : record.operation);
  refusal.document = cut(record.document);
  refusal.target = cut(record.target);
  refusal.host =
      cut(record.host.empty() && record.operation.empty() ? record.endpoint : record.host);
  refusal.port = record.port;
  refusal.rule = cut(record.rule);
  refusal.nearest = cut(record.nearest);
  refusal.message = cut(record.message);
  return refusal;
}

}  // namespace

void Refusals::note(const AuditRecord& record) {
  const bool malformed = record.decision == "malformed";
  if (!malformed && record.decision != "deny") return;
  Refusal refusal = refusal_of(record);
  const std::int64_t minute = minute_of(record.time);
  const std::lock_guard lock(mutex_);
  refusal.number = ++number_;
  kept_.push_front(std::move(refusal));
  if (kept_.size() > kKeptRefusals) kept_.pop_back();
  MinuteCount& place = minutes_[static_cast<std::size_t>(minute) % kCountedMinutes];
  if (place.minute != minute) place = MinuteCount{minute, 0, 0};
  ++(malformed ? place.malformed : place.denied);
}

std::vector<Refusal> Refusals::latest() const {
  const std::lock_guard lock(mutex_);
  return {kept_.begin(), kept_.end()};
}

std::vector<MinuteCount> Refusals::minutes(std::chrono::system_clock::time_point now) const {
  const std::int64_t last = minute_of(now);
  std::vector<MinuteCount> counts;
  counts.reserve(kCountedMinutes);
  const std::lock_guard lock(mutex_);
  for (std::int64_t i = static_cast<std::int64_t>(kCountedMinutes) - 1; i >= 0; --i) {
    const std::int64_t minute = last - i;
    const MinuteCount& place = minutes_[static_cast<std::size_t>(minute) % kCountedMinutes];
    counts.push_back(place.minute == minute ? place : MinuteCount{minute, 0, 0});
  }
  return counts;
}

}  // namespace ssmgate::state
