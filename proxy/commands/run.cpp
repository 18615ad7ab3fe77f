// `ssmgate run -- COMMAND…`: a private gateway for one command, gone when it ends.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commands/client_environment.hpp"
#include "commands/command.hpp"
#include "commands/operator_log.hpp"
#include "config/values.hpp"
#include "flow/server.hpp"

namespace ssmgate::commands {
namespace {

namespace fs = std::filesystem;

struct RunOptions {
  std::string config;
  std::string policy;
  std::vector<std::string> command;
};

// What a shell says of a command that it cannot find, or cannot run.
constexpr int kNotFound = 127;
constexpr int kNotRunnable = 126;
constexpr int kGatewayTrouble = 125;

int fail(const std::string& text, int status) {
  std::fprintf(stderr, "ssmgate: %s\n", text.c_str());
  return status;
}

// A folder of our own for the bundle, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "ssmgate-run-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
};

// The environment of this process with `variables` in place.
std::vector<std::string> child_environment(const std::vector<Variable>& variables) {
  std::map<std::string, std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos) all[text.substr(0, equals)] = text.substr(equals + 1);
  }
  for (const Variable& variable : variables) all[variable.name] = variable.value;
  std::vector<std::string> lines;
  lines.reserve(all.size());
  for (const auto& [name, value] : all) lines.push_back(name + "=" + value);
  return lines;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// The signals that end `run` are the command's to handle.
class SignalsForCommand {
 public:
  SignalsForCommand() {
    sigemptyset(&set_);
    for (const int signal : {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGCHLD}) sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
    std::signal(SIGPIPE, SIG_IGN);
  }
  [[nodiscard]] const sigset_t& before() const noexcept { return before_; }

  // Waits for the command; passes on what is sent to us alone. A terminal sends SIGINT and SIGQUIT
  // to the command itself.
  int wait_for(pid_t child) const {
    for (;;) {
      int signal = 0;
      sigwait(&set_, &signal);
      if (signal == SIGTERM || signal == SIGHUP) ::kill(child, signal);
      int status = 0;
      if (::waitpid(child, &status, WNOHANG) != child) continue;
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
  }

 private:
  sigset_t set_{};
  sigset_t before_{};
};

int run_command(std::vector<std::string> command, const std::vector<Variable>& variables,
                const SignalsForCommand& signals) {
  std::vector<std::string> environment = child_environment(variables);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &signals.before());
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, command.front().c_str(), nullptr, &attributes,
                                   pointers(command).data(), pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    return fail("`" + command.front() + "` cannot be run: " + std::strerror(error),
                error == ENOENT ? kNotFound : kNotRunnable);
  }
  return signals.wait_for(child);
}

int run(const RunOptions& options) {
  std::optional<fs::path> file;
  if (!options.config.empty()) file = options.config;
  auto found = config::find_config(file);
  if (auto* fault = std::get_if<config::ConfigFault>(&found)) {
    for (const std::string& line : fault->lines) std::fprintf(stderr, "%s\n", line.c_str());
    return kGatewayTrouble;
  }
  config::Config settings = std::move(std::get<config::FoundConfig>(found).config);
  // Private: loopback only, a port of the system's choice, nobody else's listeners.
  settings.listen.assign(1, config::Listener{});
  if (!options.policy.empty()) settings.policy = fs::absolute(options.policy);
  const fs::path ca_file = settings.upstream.ca_file;

  const SignalsForCommand signals;
  auto opened = flow::Server::open(std::move(settings));
  if (auto* fault = std::get_if<flow::StartFault>(&opened)) {
    for (const std::string& line : fault->lines) std::fprintf(stderr, "%s\n", line.c_str());
    return kGatewayTrouble;
  }
  auto& server = *std::get<std::unique_ptr<flow::Server>>(opened);
  const TemporaryFolder folder;
  if (folder.path().empty()) return fail("no temporary folder can be made", kGatewayTrouble);
  const fs::path bundle = folder.path() / "bundle.pem";
  const std::string proxy = "http://" + config::render_socket_address(server.addresses().front());
  if (auto fault = write_bundle(bundle, server.root_pem(), ca_file, lookup_environment)) {
    return fail(fault->text, kGatewayTrouble);
  }
  const auto made = make_client_environment(proxy, bundle, lookup_environment);
  if (const auto* fault = std::get_if<EnvironmentFault>(&made)) {
    return fail(fault->text, kGatewayTrouble);
  }
  const auto& environment = std::get<ClientEnvironment>(made);
  for (const std::string& warning : environment.warnings) {
    std::fprintf(stderr, "ssmgate: %s\n", warning.c_str());
  }
  server.start();
  return run_command(options.command, environment.variables, signals);
}

}  // namespace

void add_run_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand(
      "run", "Run one command behind a private gateway: ssmgate run -- aws ssm start-session …");
  command->add_option("--policy", options->policy, "Policy file (default: the configuration's)")
      ->type_name("FILE");
  command->add_option("--config", options->config, "Configuration file")->type_name("FILE");
  command->add_option("COMMAND", options->command, "The command and its arguments, behind `--`")
      ->required();
  command->callback([options, &exit_status] {
    open_operator_log(spdlog::level::warn);
    exit_status = run(*options);
  });
}

}  // namespace ssmgate::commands
