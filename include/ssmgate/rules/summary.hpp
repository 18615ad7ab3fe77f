// What a loaded policy holds, for whoever shows or counts it: names, not meanings.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "ssmgate/rules/policy.hpp"

namespace ssmgate {

struct PolicySummary {
  // Microseconds: a policy may name the year 9999.
  using Instant = std::chrono::sys_time<std::chrono::microseconds>;

  // `mode: report` of the whole policy: until then everything is noted and nothing refused.
  std::optional<Instant> report_until;
  // Ids in the file's order, as refusals, records and metrics name the rules.
  std::vector<std::string> allow;
  std::vector<std::string> deny;
};

[[nodiscard]] PolicySummary summarize(const Policy& policy);

}  // namespace ssmgate
