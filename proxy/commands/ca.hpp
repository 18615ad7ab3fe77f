// What the subcommands of `ssmgate ca` share.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "config/config.hpp"
#include "tls/rotation.hpp"

namespace ssmgate::commands {

// Runs `act` on the configuration's CA; its result is the exit status. 2 when there is none.
using CaAction = std::function<int(const config::Config&, const tls::CaState&)>;
[[nodiscard]] int with_ca(const std::optional<std::filesystem::path>& config_file,
                          const CaAction& act);

void add_ca_prove(CLI::App& ca, int& exit_status);
void add_ca_rotate(CLI::App& ca, int& exit_status);
void add_ca_show(CLI::App& ca, int& exit_status);

}  // namespace ssmgate::commands
