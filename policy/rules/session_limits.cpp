#include "ssmgate/rules/session_limits.hpp"

#include <algorithm>

#include "rules/compiled.hpp"

namespace ssmgate {
namespace {

class Nearest {
 public:
  explicit Nearest(Instant now) : now_(now) {}
  void add(const std::optional<Instant>& at) {
    if (at && *at > now_ && (!found_ || *at < *found_)) found_ = at;
  }
  [[nodiscard]] const std::optional<Instant>& found() const noexcept { return found_; }

 private:
  const Instant now_;
  std::optional<Instant> found_;
};

// Far beyond the system clock's nanoseconds there is nothing to wait for.
constexpr Instant kFarthest{std::chrono::sys_days{std::chrono::year(2200) / 1 / 1}};

}  // namespace

std::optional<std::chrono::milliseconds> find_max_duration(const Policy& policy,
                                                           std::string_view rule) {
  const auto& allow = policy.rules().allow;
  const auto found = std::ranges::find_if(
      allow, [&](const Rule& each) { return each.max_duration && each.id == rule; });
  return found == allow.end() ? std::nullopt : found->max_duration;
}

std::optional<std::chrono::system_clock::time_point> find_next_change(
    const Policy& policy, std::chrono::system_clock::time_point now) {
  const CompiledRules& rules = policy.rules();
  Nearest nearest(to_instant(now));
  const Instant next_minute =
      std::chrono::floor<std::chrono::minutes>(to_instant(now)) + std::chrono::minutes(1);
  nearest.add(rules.report_until);
  for (const auto* list : {&rules.allow, &rules.deny}) {
    for (const Rule& rule : *list) {
      nearest.add(rule.not_before);
      nearest.add(rule.expires);
      nearest.add(rule.report_until);
      if (rule.hours) nearest.add(next_minute);
    }
  }
  if (!nearest.found() || *nearest.found() > kFarthest) return std::nullopt;
  return std::chrono::time_point_cast<std::chrono::system_clock::duration>(*nearest.found());
}

}  // namespace ssmgate
