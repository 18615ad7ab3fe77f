// By what a command finds a running gateway. That gateway took its configuration when it started,
// so a mistake that came into the file since is none of the command's.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/config.hpp"

namespace ssmgate::config {

struct AdminPlace {
  std::filesystem::path state;
  Admin admin;
  std::string source;               // as FoundConfig has it
  std::vector<std::string> faults;  // of the rest of the file, each a whole line for standard error
};

// `state` and `admin` of the file that `find_config` would read. A fault only where the file cannot
// be read at all, or not as to `state`.
[[nodiscard]] std::variant<ConfigFault, AdminPlace> find_admin_place(
    const std::optional<std::filesystem::path>& explicit_file);

}  // namespace ssmgate::config
