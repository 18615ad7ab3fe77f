// `ssmgate serve`: the gateway in the foreground.
#include <csignal>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

#include <spdlog/spdlog.h>

#include "commands/command.hpp"
#include "commands/descriptor_limit.hpp"
#include "commands/operator_log.hpp"
#include "config/values.hpp"
#include "flow/server.hpp"
#include "net/inherited.hpp"

namespace ssmgate::commands {
namespace {

namespace fs = std::filesystem;

struct ServeOptions {
  std::string config;
  std::string drain = "30s";
};

int print_lines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) std::fprintf(stderr, "%s\n", line.c_str());
  return 2;
}

// Waits for the signal to end, drains, and ends at once on a second one.
void serve_until_signal(flow::Server& server, const sigset_t& signals,
                        std::chrono::milliseconds grace) {
  int signal = 0;
  sigwait(&signals, &signal);
  spdlog::info("draining: no new connections, {} s for those that are open", grace.count() / 1000);
  std::atomic<bool> done = false;
  std::thread draining([&] {
    server.drain(grace);
    done = true;
  });
  const timespec tick{0, 50'000'000};
  while (!done) {
    if (sigtimedwait(&signals, nullptr, &tick) > 0) server.hasten();
  }
  draining.join();
  spdlog::info("stopped");
}

int serve(const ServeOptions& options) {
  const auto grace = config::parse_duration(options.drain);
  if (!grace) return print_lines({"ssmgate: --drain is no duration; write `30s` or `5m`"});
  std::optional<fs::path> file;
  if (!options.config.empty()) file = options.config;
  auto found = config::find_config(file);
  if (auto* fault = std::get_if<config::ConfigFault>(&found)) return print_lines(fault->lines);
  auto& [settings, source] = std::get<config::FoundConfig>(found);

  raise_descriptor_limit();
  // Blocked before the first thread starts, so that they all inherit it.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  // A terminal that is closed does not end the gateway in the middle of a session.
  std::signal(SIGHUP, SIG_IGN);

  auto inherited = net::take_inherited_sockets();
  if (auto* fault = std::get_if<std::string>(&inherited))
    return print_lines({"ssmgate: " + *fault});
  auto opened = flow::Server::open(
      std::move(settings), std::get<std::vector<net::InheritedSocket>>(std::move(inherited)));
  if (auto* fault = std::get_if<flow::StartFault>(&opened)) return print_lines(fault->lines);
  auto& server = *std::get<std::unique_ptr<flow::Server>>(opened);
  server.start();
  spdlog::info("configuration: {}", source);
  for (const auto& address : server.addresses()) {
    spdlog::info("listening on {}", config::render_socket_address(address));
  }
  serve_until_signal(server, signals, *grace);
  return 0;
}

}  // namespace

void add_serve_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* command = app.add_subcommand("serve", "Run the gateway in the foreground");
  command
      ->add_option("--config", options->config,
                   "Configuration file; without one the search path and then the embedded "
                   "default decide")
      ->type_name("FILE");
  command
      ->add_option("--drain", options->drain,
                   "On SIGTERM: how long open connections may go on (default 30s)")
      ->type_name("TIME");
  command->callback([options, &exit_status] {
    open_operator_log(spdlog::level::info);
    exit_status = serve(*options);
  });
}

}  // namespace ssmgate::commands
