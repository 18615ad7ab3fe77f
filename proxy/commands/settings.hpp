// The configuration for a command that takes `--config FILE`.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "config/config.hpp"

namespace ssmgate::commands {

// What `file` says (absent: the search path). Nothing: every fault stands on standard error.
[[nodiscard]] std::optional<config::FoundConfig> find_settings(
    const std::optional<std::filesystem::path>& file);

// `--config FILE` into `file`. An empty FILE is one, too: most often an unset variable.
void add_config_option(CLI::App& command, std::optional<std::filesystem::path>& file,
                       const std::string& description = "Configuration file");

}  // namespace ssmgate::commands
