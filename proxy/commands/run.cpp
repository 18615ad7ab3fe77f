// `ssmgate run -- COMMAND…`: a private gateway for one command, gone when it ends.
#include <unistd.h>
#include <csignal>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <spdlog/spdlog.h>

#include "commands/ca.hpp"
#include "commands/client_bundle.hpp"
#include "commands/client_environment.hpp"
#include "commands/command.hpp"
#include "commands/operator_log.hpp"
#include "commands/output.hpp"
#include "commands/started_command.hpp"
#include "config/values.hpp"
#include "flow/server.hpp"
#include "state/temporary_folder.hpp"

namespace ssmgate::commands {
namespace {

namespace fs = std::filesystem;

struct RunOptions {
  std::optional<fs::path> config;
  std::string policy;
  std::vector<std::string> command;
};

int trouble(const std::string& text) {
  return fail(text, kGatewayTrouble);
}

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
  for (const auto& [name, value] : all) lines.emplace_back(name).append("=").append(value);
  return lines;
}

bool writes_to_standard_output(const config::Audit& audit) {
  return std::ranges::any_of(audit.sinks, [](const config::AuditSink& sink) {
    return sink.type == config::AuditSink::Type::standard_output;
  });
}

int run(const RunOptions& options) {
  auto found = config::find_config(options.config);
  if (auto* fault = std::get_if<config::ConfigFault>(&found)) {
    for (const std::string& line : fault->lines) std::fprintf(stderr, "%s\n", line.c_str());
    return kGatewayTrouble;
  }
  config::Config settings = std::move(std::get<config::FoundConfig>(found).config);
  if (writes_to_standard_output(settings.audit)) {
    return trouble(
        "`audit.sinks` of `" + std::get<config::FoundConfig>(found).source +
        "` writes to standard output, which is the command's own under `run`; give `run` a "
        "configuration with a sink of `type: file`");
  }
  if (is_key_hidden(settings)) {
    return trouble("`" + settings.ca_key.string() + "` of `" +
                   std::get<config::FoundConfig>(found).source +
                   "` is another user's, whose gateway this is: go through that one (`ssmgate "
                   "env`), or give `run` a configuration of your own: `ssmgate init`, then "
                   "--config FILE");
  }
  // Private: loopback only, a port of the system's choice, nobody else's listeners, one user.
  config::Listener own;
  own.own_user_only = true;
  settings.listen.assign(1, own);
  settings.admin.address = std::monostate();
  settings.sessions.stored = false;
  if (!options.policy.empty()) settings.policy = fs::absolute(options.policy);
  const fs::path ca_file = settings.upstream.ca_file;

  const StartedCommand command;
  std::signal(SIGPIPE, SIG_IGN);
  auto opened = flow::Server::open(std::move(settings), {});
  if (auto* fault = std::get_if<flow::StartFault>(&opened)) {
    for (const std::string& line : fault->lines) std::fprintf(stderr, "%s\n", line.c_str());
    return kGatewayTrouble;
  }
  auto& server = *std::get<std::unique_ptr<flow::Server>>(opened);
  const state::TemporaryFolder folder("run");  // for the bundle
  if (folder.error()) return trouble(folder.fault());
  const fs::path bundle = folder.path() / "bundle.pem";
  const std::string proxy = "http://" + config::render_socket_address(server.addresses().front());
  if (auto fault = write_bundle(bundle, server.root_pem(), ca_file, bundle_names(proxy),
                                lookup_environment)) {
    return trouble(fault->text);
  }
  const auto made = make_client_environment(proxy, bundle, lookup_environment);
  if (const auto* fault = std::get_if<EnvironmentFault>(&made)) {
    return trouble(fault->text);
  }
  const auto& environment = std::get<ClientEnvironment>(made);
  for (const std::string& warning : environment.warnings) {
    std::fprintf(stderr, "ssmgate: %s\n", warning.c_str());
  }
  for (const std::string& warning : server.warnings()) spdlog::warn("{}", warning);
  server.start();
  return command.run(options.command, child_environment(environment.variables));
}

// Whatever goes wrong in here must not look like the command's own exit status.
int run_or_fail(const RunOptions& options) {
  try {
    return run(options);
  } catch (const std::exception& error) {
    return trouble(error.what());
  }
}

// `words` stand in front of `--`, where only options may.
void check_usage(const std::vector<std::string>& words, const RunOptions& options) {
  const int status = kGatewayTrouble;
  if (!words.empty() && words.front().starts_with('-')) {
    throw CLI::ParseError("`" + words.front() + "` is no option of `run`", status);
  }
  if (!words.empty()) {
    throw CLI::ParseError(
        "`" + words.front() + "` needs `--` before it: `ssmgate run -- " + words.front() + " …`",
        status);
  }
  if (options.command.empty()) {
    throw CLI::ParseError("no command: write `ssmgate run -- COMMAND ARGUMENTS`", status);
  }
}

}  // namespace

void add_run_command(CLI::App& app, std::vector<std::string> words, int& exit_status) {
  auto options = std::make_shared<RunOptions>();
  options->command = std::move(words);
  CLI::App* command = app.add_subcommand(
      "run", "Run one command behind a private gateway: ssmgate run -- aws ssm start-session …");
  command->add_option("--policy", options->policy, "Policy file (default: the configuration's)")
      ->type_name("FILE");
  command
      ->add_option_function<std::string>(
          "--config", [options](const std::string& file) { options->config = file; },
          "Configuration file")
      ->type_name("FILE");
  command->footer("What stands behind `--` is the command and its arguments, byte for byte.");
  command->prefix_command();
  command->callback([command, options, &exit_status] {
    check_usage(command->remaining(), *options);
    open_operator_log(spdlog::level::warn, LogTime::none);
    exit_status = run_or_fail(*options);
  });
}

}  // namespace ssmgate::commands
