// Reading again, while the gateway runs, what it was started with.
//
// Owns: what a file must be for that, what of a configuration cannot change in a running gateway,
// and which files it is made of. Does not own: what becomes of the result (flow/reload).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/config.hpp"

namespace ssmgate::config {

// The text of a regular file that nobody was writing just then. At the start a pipe is read as it
// comes; a second reading of one would be empty, and an empty configuration means every default.
[[nodiscard]] std::variant<ConfigFault, std::string> read_again(const std::filesystem::path& file);

// The configuration of `running`, from the same file again; where none was found at the start, of
// the search path. A file that is gone, empty, or changes what only a start can change is a fault
// that names it.
[[nodiscard]] std::variant<ConfigFault, FoundConfig> find_config_again(
    const std::optional<std::filesystem::path>& file, const Config& running);

// What a listener shows: its certificate and key.
[[nodiscard]] std::vector<std::filesystem::path> certificate_files_of(const Listener& listener);

// Whose certificates a listener takes: CAs and revocation lists.
[[nodiscard]] std::vector<std::filesystem::path> authority_files_of(const Listener& listener);

// Whom the gateway believes to be a log server, and what it shows it. They are read again with
// every reload.
[[nodiscard]] std::vector<std::filesystem::path> log_server_files_of(const Audit& audit);

// What the way up needs: roots, and what is shown to a parent proxy.
[[nodiscard]] std::vector<std::filesystem::path> upstream_files_of(const Upstream& upstream);

// What a change of which is worth a reload. Names, not contents: a file may be missing.
[[nodiscard]] std::vector<std::filesystem::path> files_of(
    const std::optional<std::filesystem::path>& file, const Config& config);

}  // namespace ssmgate::config
