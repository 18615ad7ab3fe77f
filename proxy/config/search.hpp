// Which file of the search path is the configuration, and where this user keeps what can be made
// anew.
#pragma once

#include <filesystem>
#include <optional>
#include <variant>

#include "config/config.hpp"

namespace ssmgate::config {

inline constexpr const char* kEmbeddedDefault = "the embedded default";

// The file that `find_config` reads; nothing: the embedded default holds.
[[nodiscard]] std::variant<ConfigFault, std::optional<std::filesystem::path>> find_config_file(
    const std::optional<std::filesystem::path>& explicit_file);

// $XDG_CACHE_HOME/ssmgate
[[nodiscard]] std::filesystem::path user_cache_folder();

}  // namespace ssmgate::config
