// Files of conf/ that the program carries with it.
#pragma once

#include <string_view>

namespace ssmgate::commands {

[[nodiscard]] std::string_view example_config() noexcept;  // conf/ssmgate.yaml
[[nodiscard]] std::string_view starter_policy() noexcept;  // conf/starter-policy.yaml

}  // namespace ssmgate::commands
