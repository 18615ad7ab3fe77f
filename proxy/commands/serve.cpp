// `ssmgate serve`: the gateway in the foreground.
#include <sys/stat.h>

#include <csignal>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include <spdlog/spdlog.h>

#include "commands/command.hpp"
#include "commands/descriptor_limit.hpp"
#include "commands/operator_log.hpp"
#include "commands/service_manager.hpp"
#include "config/values.hpp"
#include "flow/server.hpp"
#include "net/inherited.hpp"
#include "ssmgate/text/duration.hpp"

namespace ssmgate::commands {
namespace {

namespace fs = std::filesystem;

struct ServeOptions {
  std::optional<fs::path> config;
  std::string drain = "30s";
};

int print_lines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) std::fprintf(stderr, "%s\n", line.c_str());
  return 2;
}

std::string listening_on(const flow::Server& server) {
  std::string text = "listening on";
  for (const auto& address : server.addresses()) {
    text += " " + config::render_socket_address(address);
  }
  return text;
}

// What is in force is read from these: the first question when something is refused.
std::vector<std::string> describe_files(const config::Config& settings) {
  std::vector<std::string> lines;
  lines.push_back("policy: " + (settings.policy ? settings.policy->string() : "the built-in one"));
  lines.push_back("ca: " + settings.ca_certificate.string() + ", key: " + settings.ca_key.string());
  for (const config::AuditSink& sink : settings.audit.sinks) {
    lines.push_back("audit: " + sink.text());
  }
  return lines;
}

// A refused reload is said as loudly as a refused start: the old configuration goes on, and whoever
// changed it must not think otherwise.
void log_reload(const flow::ReloadReport& report) {
  const std::string& who = report.asked_by;
  if (report.taken) {
    if (report.lines.empty()) spdlog::info("reload ({}): no change", who);
    for (const std::string& line : report.all_lines()) spdlog::info("reload ({}): {}", who, line);
    return;
  }
  spdlog::error("reload ({}) refused; what was in force before stays so, because:", who);
  for (const std::string& line : report.lines) spdlog::error("{}", line);
}

flow::ReloadHooks reload_hooks(const flow::Server& server, const ServiceManager& manager) {
  flow::ReloadHooks hooks;
  hooks.began = [&manager](const std::string&) { manager.reloading(); };
  hooks.ended = [&server, &manager](const flow::ReloadReport& report) {
    log_reload(report);
    manager.ready(report.taken || report.lines.empty()
                      ? listening_on(server)
                      : "a reload was refused, the old configuration is in force: " +
                            report.lines.front());
  };
  return hooks;
}

// Reloads at each SIGHUP; returns at the signal to end.
void wait_for_end(flow::Server& server, const sigset_t& signals) {
  int signal = 0;
  while (sigwait(&signals, &signal) != 0 || signal == SIGHUP) {
    if (signal == SIGHUP) server.reload("SIGHUP", nullptr);
  }
}

// Drains, and ends at once on a second signal to end.
void drain(flow::Server& server, const sigset_t& signals, std::chrono::milliseconds grace) {
  spdlog::info("draining: no new connections, {} s for those that are open", grace.count() / 1000);
  std::atomic<bool> done = false;
  std::thread draining([&] {
    server.drain(grace);
    done = true;
  });
  const timespec tick{0, 50'000'000};
  while (!done) {
    const int signal = sigtimedwait(&signals, nullptr, &tick);
    if (signal == SIGTERM || signal == SIGINT) server.hasten();
  }
  draining.join();
  spdlog::info("stopped");
}

// Whoever can write into `state` can put another key or session store there. Nothing: nobody else.
std::optional<std::string> warn_of_open_state(const std::filesystem::path& state) {
  struct stat status {};
  constexpr mode_t kOthers = S_IWGRP | S_IWOTH;
  if (::stat(state.c_str(), &status) != 0 || (status.st_mode & kOthers) == 0) return std::nullopt;
  return "others may write into the `state` folder `" + state.string() +
         "`, and put another key or session store there; type: chmod go-w " + state.string();
}

int serve(const ServeOptions& options) {
  const bool at_once = options.drain == "0s" || options.drain == "0";
  const auto grace = at_once ? std::chrono::milliseconds::zero() : parse_duration(options.drain);
  if (!grace) return print_lines({"ssmgate: --drain is no duration; write `30s` or `5m`"});
  auto found = config::find_config(options.config);
  if (auto* fault = std::get_if<config::ConfigFault>(&found)) return print_lines(fault->lines);
  auto& [settings, source, source_file] = std::get<config::FoundConfig>(found);

  const std::vector<std::string> files = describe_files(settings);
  const std::filesystem::path state = settings.state;
  raise_descriptor_limit();
  // Blocked before the first thread starts, so that they all inherit it.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  // Also what a terminal that is closed sends: it does not end the gateway in mid-session.
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  auto inherited = net::take_inherited_sockets();
  if (auto* fault = std::get_if<std::string>(&inherited))
    return print_lines({"ssmgate: " + *fault});
  auto opened = flow::Server::open(
      std::move(settings), std::get<std::vector<net::InheritedSocket>>(std::move(inherited)));
  if (auto* fault = std::get_if<flow::StartFault>(&opened)) return print_lines(fault->lines);
  auto& server = *std::get<std::unique_ptr<flow::Server>>(opened);
  const ServiceManager manager;
  // Absolute: `status` tells it to whoever asks, wherever they are.
  if (source_file) source_file = fs::absolute(*source_file);
  server.allow_reload(source_file, reload_hooks(server, manager));
  if (const auto period = manager.watchdog_period()) {
    server.beat_every(*period, [&manager] { manager.alive(); });
  }
  server.start();
  spdlog::info("configuration: {}", source);
  for (const std::string& line : files) spdlog::info("{}", line);
  for (const std::string& line : server.warnings()) spdlog::warn("{}", line);
  if (const auto line = warn_of_open_state(state)) spdlog::warn("{}", *line);
  for (const auto& address : server.addresses()) {
    spdlog::info("listening on {}", config::render_socket_address(address));
  }
  // Nobody said `none`: another gateway has the default address, and this one cannot be asked.
  const std::string admin = server.admin_address();
  const bool missing = admin.starts_with("none: ");
  spdlog::log(missing ? spdlog::level::warn : spdlog::level::info, "admin: {}", admin);
  manager.ready(listening_on(server));
  wait_for_end(server, signals);
  manager.stopping(*grace);
  drain(server, signals, *grace);
  return 0;
}

}  // namespace

void add_serve_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* command = app.add_subcommand("serve", "Run the gateway in the foreground");
  command
      ->add_option_function<std::string>(
          "--config", [options](const std::string& file) { options->config = file; },
          "Configuration file; without one the search path and then the embedded "
          "default decide")
      ->type_name("FILE");
  command
      ->add_option("--drain", options->drain,
                   "On SIGTERM: how long open connections may go on (default 30s)")
      ->type_name("TIME");
  command->callback([options, &exit_status] {
    open_operator_log(spdlog::level::info, LogTime::utc);
    exit_status = serve(*options);
  });
}

}  // namespace ssmgate::commands
