// The environment variables that send a client through the gateway, for `env` and `run`.
//
// Owns: which variables, and how what a person has set already is extended. Does not own: shells.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ssmgate::commands {

// The variables that name a file of roots, for clients of `proxy`: `write_bundle` makes the one
// that they get. SSL_CERT_FILE is among them for an https:// proxy alone: it is OpenSSL's default,
// by which botocore believes the proxy itself.
[[nodiscard]] std::span<const char* const> bundle_names(std::string_view proxy);

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

// `env` leaves two notes beside each variable: what it set, and what was there before (empty:
// nothing was). INVARIANT: a variable that holds anything else than the note says is a person's
// own, whatever was saved once.
[[nodiscard]] std::string set_name(std::string_view name);
[[nodiscard]] std::string saved_name(std::string_view name);
[[nodiscard]] bool is_set_by_env(const std::string& name, const Lookup& current);

// What variables would hold if `env` had never been here.
[[nodiscard]] Lookup without_env(Lookup current);

// `proxy` is http://HOST:PORT or https://HOST:PORT, `bundle` the file that `write_bundle` made. An
// HTTPS_PROXY that leads elsewhere is a fault: it would be lost, or be in a loop when `env` made
// it. One that leads there with a name and a password is left as it is.
[[nodiscard]] std::variant<EnvironmentFault, ClientEnvironment> make_client_environment(
    std::string_view proxy, const std::filesystem::path& bundle, const Lookup& current);

// The variables that `make_client_environment` sets.
[[nodiscard]] std::vector<std::string> client_variable_names();

// `current` with the hosts that must never go through a proxy; nothing of it is lost.
[[nodiscard]] std::string extended_no_proxy(std::string_view current);

// True when NO_PROXY entry `entry` keeps an SSM endpoint away from the gateway in some client.
[[nodiscard]] bool bypasses_gateway(std::string_view entry);

}  // namespace ssmgate::commands
