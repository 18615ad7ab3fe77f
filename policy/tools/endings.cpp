#include "ssmgate/tools/endings.hpp"

#include <algorithm>

#include "rules/compiled.hpp"

namespace ssmgate::tools {
namespace {

class EndingFinder {
 public:
  EndingFinder(Instant now, Instant horizon) : now_(now), horizon_(horizon) {}

  void look(const std::string& rule, bool trial, const std::optional<Instant>& when) {
    if (!when || *when >= horizon_) return;
    found.push_back({rule, trial, render_instant(*when), *when <= now_});
  }

  std::vector<Ending> found;

 private:
  const Instant now_;
  const Instant horizon_;
};

}  // namespace

std::vector<Ending> find_endings(const Policy& policy, std::chrono::system_clock::time_point now,
                                 std::chrono::system_clock::time_point horizon) {
  EndingFinder finder(to_instant(now), to_instant(horizon));
  const CompiledRules& rules = policy.rules();
  finder.look("", true, rules.report_until);
  std::vector<const Rule*> all;
  for (const auto* list : {&rules.allow, &rules.deny}) {
    for (const Rule& rule : *list) all.push_back(&rule);
  }
  std::ranges::sort(all, {}, &Rule::where);
  for (const Rule* rule : all) {
    finder.look(rule->id, true, rule->report_until);
    finder.look(rule->id, false, rule->expires);
  }
  return std::move(finder.found);
}

}  // namespace ssmgate::tools
