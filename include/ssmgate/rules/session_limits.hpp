// What a policy says of a session beyond its start: how long it may last, and when to look again.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "ssmgate/rules/policy.hpp"

namespace ssmgate {

// `max_duration` of the allow rule of this id; nothing when it has none.
[[nodiscard]] std::optional<std::chrono::milliseconds> find_max_duration(const Policy& policy,
                                                                         std::string_view rule);

// The first moment after `now` at which the same request may be judged another way: a rule begins,
// ends, or goes by hours, which are looked at every minute. Nothing: no rule goes by the clock.
// Linear in the rules.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> find_next_change(
    const Policy& policy, std::chrono::system_clock::time_point now);

}  // namespace ssmgate
