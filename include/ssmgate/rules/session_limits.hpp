// What a policy says of a session beyond its start: how long it may last, and when to look again.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "ssmgate/rules/policy.hpp"

namespace ssmgate {

// The first moment after `now` at which a rule or a trial begins or ends; `hours` count as the next
// full minute of every zone. Nothing: no rule goes by the clock from here on. Linear in the rules.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> find_next_change(
    const Policy& policy, std::chrono::system_clock::time_point now);

// The ids of the allow rules whose `max_duration` is longer than `limit`, in the file's order.
[[nodiscard]] std::vector<std::string> find_rules_longer_than(const Policy& policy,
                                                              std::chrono::milliseconds limit);

}  // namespace ssmgate
