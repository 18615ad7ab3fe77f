// What hardly is meant so, of policy and configuration together: each is sound by itself.
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"
#include "ssmgate/rules/policy.hpp"

namespace ssmgate::flow {

// Lines for the operator, "what; what to do"; empty when there is nothing to say.
[[nodiscard]] std::vector<std::string> find_policy_warnings(const config::Config& settings,
                                                            const Policy& policy);
[[nodiscard]] std::vector<std::string> find_egress_warnings(const config::Config& settings);
// Both.
[[nodiscard]] std::vector<std::string> find_warnings(const config::Config& settings,
                                                     const Policy& policy);

}  // namespace ssmgate::flow
