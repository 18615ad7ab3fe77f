// The way from this machine to AWS, as the gateway goes it; and the policy it would judge by.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "commands/doctor/finding.hpp"
#include "commands/doctor/surroundings.hpp"
#include "config/config.hpp"

namespace ssmgate::doctor {

// A verified handshake with `host`, bounded by `upstream.connect_timeout`.
[[nodiscard]] Findings check_upstream(const config::Config& settings, const std::string& host);

// `date`: what AWS says of the time.
[[nodiscard]] Finding check_clock(std::chrono::system_clock::time_point now,
                                  std::chrono::system_clock::time_point date);

// A sound configuration, and what in it does nothing. `source`: which.
[[nodiscard]] Findings check_egress(const config::Config& settings, const std::string& source);

// The policy's faults and warnings, rules for nobody, and what of it ends within two weeks.
[[nodiscard]] Findings check_policy(const config::Config& settings,
                                    std::chrono::system_clock::time_point now);

}  // namespace ssmgate::doctor
