// The environment variables that send a client through the gateway, for `env` and `run`.
//
// Owns: which variables, and how what a person has set already is extended. Does not own: shells.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ssmgate::commands {

struct Variable {
  std::string name;
  std::string value;
};

struct ClientEnvironment {
  std::vector<Variable> variables;
  std::vector<std::string> warnings;  // each a line for standard error
};

struct EnvironmentFault {
  std::string text;
};

// What a variable holds now; absent when unset or empty.
using Lookup = std::function<std::optional<std::string>(const std::string& name)>;
[[nodiscard]] std::optional<std::string> lookup_environment(const std::string& name);

// `proxy` is http://ADDRESS:PORT, `bundle` the file that `write_bundle` made. An HTTPS_PROXY that
// leads elsewhere is a fault: it would be lost.
[[nodiscard]] std::variant<EnvironmentFault, ClientEnvironment> make_client_environment(
    std::string_view proxy, const std::filesystem::path& bundle, const Lookup& current);

// The variables that `make_client_environment` sets.
[[nodiscard]] std::vector<std::string> client_variable_names();

// `current` with the hosts that must never go through a proxy; nothing of it is lost.
[[nodiscard]] std::string extended_no_proxy(std::string_view current);

// True when NO_PROXY entry `entry` keeps an SSM endpoint away from the gateway in some client.
[[nodiscard]] bool bypasses_gateway(std::string_view entry);

// Writes the gateway's root, the roots of `ca_file`, and what AWS_CA_BUNDLE and NODE_EXTRA_CA_CERTS
// name now: these variables replace a client's roots, so that a bundle of our root alone would
// break every other call. Written aside and renamed.
[[nodiscard]] std::optional<EnvironmentFault> write_bundle(const std::filesystem::path& bundle,
                                                           std::string_view root_pem,
                                                           const std::filesystem::path& ca_file,
                                                           const Lookup& current);

}  // namespace ssmgate::commands
