// What the subcommands of `ssmgate ca` share.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "config/config.hpp"
#include "tls/rotation.hpp"

namespace ssmgate::commands {

// Runs `act` on the configuration's CA; its result is the exit status. 2 when there is none.
using CaAction = std::function<int(const config::Config&, const tls::CaState&)>;
[[nodiscard]] int with_ca(const std::optional<std::filesystem::path>& config_file,
                          const CaAction& act);

// The certificates of the configuration's CA in the order of their file, without a look at the key:
// for those who are to trust it, and need not be who runs the gateway.
using CertificatesAction =
    std::function<int(const config::Config&, const std::vector<tls::CertificatePtr>&)>;
[[nodiscard]] int with_certificates(const std::optional<std::filesystem::path>& config_file,
                                    const CertificatesAction& act);

// The key is there, and this user may not read it.
[[nodiscard]] bool is_key_hidden(const config::Config& settings);

void add_ca_prove(CLI::App& ca, int& exit_status);
void add_ca_rotate(CLI::App& ca, int& exit_status);
void add_ca_show(CLI::App& ca, int& exit_status);

}  // namespace ssmgate::commands
