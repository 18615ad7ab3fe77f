#include "ssmgate/rules/session_limits.hpp"

#include "rules/compiled.hpp"

namespace ssmgate {
namespace {

// Far beyond it the system clock's nanoseconds end, and nobody waits.
constexpr Instant kFarthest{std::chrono::sys_days{std::chrono::year(2200) / 1 / 1}};

class FirstAfter {
 public:
  explicit FirstAfter(Instant now) : now_(now) {}
  void add(const std::optional<Instant>& at) {
    if (at && *at > now_ && (!found_ || *at < *found_)) found_ = at;
  }
  [[nodiscard]] const std::optional<Instant>& found() const noexcept { return found_; }

 private:
  Instant now_;
  std::optional<Instant> found_;
};

void add_times(const Rule& rule, Instant next_minute, FirstAfter& first) {
  first.add(rule.not_before);
  first.add(rule.expires);
  first.add(rule.report_until);
  if (rule.hours) first.add(next_minute);
}

}  // namespace

std::optional<std::chrono::system_clock::time_point> find_next_change(
    const Policy& policy, std::chrono::system_clock::time_point now) {
  const CompiledRules& rules = policy.rules();
  const Instant here = to_instant(now);
  const Instant next_minute =
      std::chrono::floor<std::chrono::minutes>(here) + std::chrono::minutes(1);
  FirstAfter first(here);
  first.add(rules.report_until);
  for (const Rule& rule : rules.allow) add_times(rule, next_minute, first);
  for (const Rule& rule : rules.deny) add_times(rule, next_minute, first);
  if (!first.found() || *first.found() > kFarthest) return std::nullopt;
  return std::chrono::time_point_cast<std::chrono::system_clock::duration>(*first.found());
}

std::vector<std::string> find_rules_longer_than(const Policy& policy,
                                                std::chrono::milliseconds limit) {
  std::vector<std::string> ids;
  for (const Rule& rule : policy.rules().allow) {
    if (rule.max_duration && *rule.max_duration > limit) ids.push_back(rule.id);
  }
  return ids;
}

}  // namespace ssmgate
