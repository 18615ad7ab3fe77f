// The configuration for a command that takes `--config FILE`.
#pragma once

#include <optional>
#include <string>

#include "config/config.hpp"

namespace ssmgate::commands {

// What `file` says (empty: the search path). Nothing: every fault stands on standard error.
[[nodiscard]] std::optional<config::FoundConfig> find_settings(const std::string& file);

// "ssmgate: TEXT" on standard error; the exit status for it.
int fail(const std::string& text, int status = 2);

}  // namespace ssmgate::commands
