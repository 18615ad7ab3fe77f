// What `ssmgate check` warns of: a policy that loads, but hardly says what its author meant.
#pragma once

#include <chrono>
#include <string_view>

#include "ssmgate/rules/policy.hpp"
#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate::tools {

// Warnings about `policy`, which was loaded from `text`, sorted.
[[nodiscard]] Diagnostics lint(std::string_view text, const Policy& policy,
                               std::chrono::system_clock::time_point now);

}  // namespace ssmgate::tools
