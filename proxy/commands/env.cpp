// `ssmgate env`: the exports that send this shell's clients through a running gateway.
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "commands/client_bundle.hpp"
#include "commands/client_environment.hpp"
#include "commands/command.hpp"
#include "commands/output.hpp"
#include "config/config.hpp"
#include "config/values.hpp"
#include "tls/shown_name.hpp"

namespace ssmgate::commands {
namespace {

namespace fs = std::filesystem;

enum class Shell : std::uint8_t { bash, zsh, fish, powershell };

struct EnvOptions {
  std::optional<fs::path> config;
  Shell shell = Shell::bash;
  bool unset = false;
};

// `value` as one word of the shell.
std::string quote(Shell shell, std::string_view value) {
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'') {
      quoted += shell == Shell::powershell ? "''" : shell == Shell::fish ? "\\'" : "'\\''";
    } else if (c == '\\' && shell == Shell::fish) {
      quoted += "\\\\";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string set_line(Shell shell, const Variable& variable) {
  const std::string value = quote(shell, variable.value);
  if (shell == Shell::fish) return "set -gx " + variable.name + " " + value;
  if (shell == Shell::powershell) return "$env:" + variable.name + " = " + value;
  return "export " + variable.name + "=" + value;
}

std::string unset_line(Shell shell, const std::string& name) {
  if (shell == Shell::fish) return "set -e " + name;
  if (shell == Shell::powershell) {
    return "Remove-Item -ErrorAction SilentlyContinue Env:" + name;
  }
  return "unset " + name;
}

bool is_listening(const config::SocketAddress& address) {
  if (!address.address.is_v4()) return true;
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(address.port);
  const auto bytes = address.address.bytes();
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<unsigned char*>(&peer.sin_addr));
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool connected = ::connect(fd, reinterpret_cast<sockaddr*>(&peer), sizeof peer) == 0;
  ::close(fd);
  return connected;
}

// A gateway that listens on every address is reached on loopback.
config::SocketAddress reachable(config::SocketAddress address) {
  if (address.address == IpAddress::v4({0, 0, 0, 0})) {
    address.address = IpAddress::v4({127, 0, 0, 1});
  }
  if (address.address == IpAddress::v6({})) address.address = *parse_ip_address("::1");
  return address;
}

// How clients reach a listener.
struct Way {
  std::string proxy;      // the URL
  std::string roots_pem;  // what they must believe beside the gateway's CA
};

std::variant<std::string, Way> find_way(const config::Listener& listener,
                                        const config::SocketAddress& address) {
  if (!listener.tls) return Way{"http://" + config::render_socket_address(address), {}};
  auto shown = tls::find_shown_name(listener.tls->certificate, render_ip_address(address.address));
  if (auto* fault = std::get_if<tls::AuthorityFault>(&shown)) return std::move(fault->text);
  auto& [name, roots] = std::get<tls::ShownName>(shown);
  const bool v6 = name.find(':') != std::string::npos;
  return Way{"https://" + (v6 ? "[" + name + "]" : name) + ":" + std::to_string(address.port),
             std::move(roots)};
}

// What no variable can do for a client.
void say_what_is_asked(config::Auth auth) {
  if (auth == config::Auth::basic) {
    std::fprintf(stderr,
                 "ssmgate: warning: this gateway asks for a name and a password; put them into "
                 "HTTPS_PROXY and https_proxy yourself: NAME:PASSWORD@ behind the `//`\n");
  }
  if (auth == config::Auth::mtls) {
    std::fprintf(stderr,
                 "ssmgate: warning: this gateway asks for a client certificate, which no variable "
                 "gives to the AWS CLI\n");
  }
}

// Takes back what `env` set and nothing else; the notes go in any case.
int print_unset(Shell shell) {
  const Lookup original = without_env(lookup_environment);
  for (const std::string& name : client_variable_names()) {
    if (!lookup_environment(set_name(name))) continue;
    if (is_set_by_env(name, lookup_environment)) {
      const auto before = original(name);
      std::puts((before ? set_line(shell, {name, *before}) : unset_line(shell, name)).c_str());
    }
    std::puts(unset_line(shell, set_name(name)).c_str());
    std::puts(unset_line(shell, saved_name(name)).c_str());
  }
  return 0;
}

// The CA's certificate. A gateway that was started in the line before may still be making it.
std::string await_root(const fs::path& file) {
  // LIMIT: 2 s in all.
  for (int attempt = 0; attempt < 40; ++attempt) {
    errno = 0;
    if (std::ifstream root(file, std::ios::binary); root) {
      return {std::istreambuf_iterator<char>(root), std::istreambuf_iterator<char>()};
    }
    if (errno == EACCES) return {};
    const timespec moment{0, 50'000'000};
    ::nanosleep(&moment, nullptr);
  }
  return {};
}

int print_exports(const EnvOptions& options) {
  auto found = config::find_config(options.config);
  if (auto* fault = std::get_if<config::ConfigFault>(&found)) {
    for (const std::string& line : fault->lines) std::fprintf(stderr, "%s\n", line.c_str());
    return 2;
  }
  const config::Config& settings = std::get<config::FoundConfig>(found).config;
  const config::SocketAddress address = reachable(settings.listen.front().bind);
  if (address.port == 0) {
    return fail("the gateway's port is chosen at its start (`listen` says port 0); give it one");
  }
  const std::string root_pem = await_root(settings.ca_certificate);
  if (root_pem.empty() && ::access(settings.ca_certificate.c_str(), R_OK) != 0 && errno == EACCES) {
    return fail("`" + settings.ca_certificate.string() +
                "` is hidden from this user; who runs the gateway must let users pass its folder: "
                "`chmod o+x FOLDER`");
  }
  if (root_pem.empty()) {
    return fail("there is no CA at `" + settings.ca_certificate.string() +
                "` yet; start the gateway first: `ssmgate serve`");
  }
  const config::Listener& listener = settings.listen.front();
  auto found_way = find_way(listener, address);
  if (const auto* fault = std::get_if<std::string>(&found_way)) return fail(*fault);
  const auto& [proxy, listener_roots] = std::get<Way>(found_way);
  const auto place = find_bundle_place(settings.state, root_pem);
  if (const auto* fault = std::get_if<EnvironmentFault>(&place)) return fail(fault->text);
  const auto& bundle = std::get<fs::path>(place);
  const Lookup original = without_env(lookup_environment);
  if (const auto fault = write_bundle(bundle, root_pem + listener_roots, settings.upstream.ca_file,
                                      bundle_names(proxy), original)) {
    return fail(fault->text);
  }
  const auto made = make_client_environment(proxy, bundle, original);
  if (const auto* fault = std::get_if<EnvironmentFault>(&made)) return fail(fault->text);
  const auto& environment = std::get<ClientEnvironment>(made);
  for (const std::string& warning : environment.warnings) {
    std::fprintf(stderr, "ssmgate: %s\n", warning.c_str());
  }
  say_what_is_asked(listener.auth);
  if (!is_listening(address)) {
    std::fprintf(stderr, "ssmgate: warning: nothing listens on %s yet; start `ssmgate serve`\n",
                 config::render_socket_address(address).c_str());
  }
  for (const Variable& variable : environment.variables) {
    const std::string before = original(variable.name).value_or("");
    const Variable notes[] = {
        {saved_name(variable.name), before}, {set_name(variable.name), variable.value}, variable};
    for (const Variable& each : notes) std::puts(set_line(options.shell, each).c_str());
  }
  return 0;
}

}  // namespace

void add_env_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<EnvOptions>();
  CLI::App* command =
      app.add_subcommand("env", "Print the exports that send this shell through a running gateway");
  const std::map<std::string, Shell> shells = {{"bash", Shell::bash},
                                               {"zsh", Shell::zsh},
                                               {"fish", Shell::fish},
                                               {"powershell", Shell::powershell}};
  command->add_option("--shell", options->shell, "bash, zsh, fish or powershell (default bash)")
      ->transform([shells](const std::string& word) {
        const auto known = shells.find(word);
        if (known != shells.end()) return std::to_string(static_cast<int>(known->second));
        throw CLI::ValidationError("it is bash, zsh, fish or powershell, not `" + word + "`");
      })
      ->type_name("SHELL:{bash,zsh,fish,powershell}");
  command
      ->add_option_function<std::string>(
          "--config", [options](const std::string& file) { options->config = file; },
          "The gateway's configuration file")
      ->type_name("FILE");
  command->add_flag("--unset", options->unset, "Print what takes the exports back");
  command->callback([options, &exit_status] {
    exit_status = options->unset ? print_unset(options->shell) : print_exports(*options);
    // For `eval`, which has no exit status of what it got its words from.
    if (exit_status != 0) {
      std::puts(options->shell == Shell::powershell ? "throw 'ssmgate env failed'" : "false");
    }
  });
}

}  // namespace ssmgate::commands
