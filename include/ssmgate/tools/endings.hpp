// What of a policy changes by itself with time: rules that expire, trials that end.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "ssmgate/rules/policy.hpp"
#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate::tools {

struct Ending {
  std::string rule;    // its id; empty: the whole policy's
  bool trial = false;  // `until` of a trial; else `expires`
  std::string when;    // RFC 3339
  bool past = false;
};

// What ends before `horizon`, what has ended at `now` included; in the file's order.
[[nodiscard]] std::vector<Ending> find_endings(const Policy& policy,
                                               std::chrono::system_clock::time_point now,
                                               std::chrono::system_clock::time_point horizon);

}  // namespace ssmgate::tools
