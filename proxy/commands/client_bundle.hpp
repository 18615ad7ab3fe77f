// The file of root certificates that clients of the gateway trust, for `env` and `run`.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "commands/client_environment.hpp"

namespace ssmgate::commands {

// Writes `root_pem`, the roots of `ca_file`, and what the variables `names` name now: these
// variables replace a client's roots, so that a bundle of our root alone would break every other
// call. Written aside and renamed.
[[nodiscard]] std::optional<EnvironmentFault> write_bundle(const std::filesystem::path& bundle,
                                                           std::string_view root_pem,
                                                           const std::filesystem::path& ca_file,
                                                           std::span<const char* const> names,
                                                           const Lookup& current);

// Where the bundle for this root goes: into `state`, or, where that is another user's (a
// service's), into this user's own cache folder ($XDG_CACHE_HOME/ssmgate), under the root's digest.
[[nodiscard]] std::variant<EnvironmentFault, std::filesystem::path> find_bundle_place(
    const std::filesystem::path& state, std::string_view root_pem);

// Puts `next` beside `root` in a bundle that was written before; one that is not there, or does not
// hold `root`, stays as it is.
[[nodiscard]] std::optional<EnvironmentFault> add_to_bundle(const std::filesystem::path& bundle,
                                                            const std::string& root,
                                                            const std::string& next);

}  // namespace ssmgate::commands
