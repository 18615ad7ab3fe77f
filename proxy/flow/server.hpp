// The running gateway: its listeners, its threads, its start and its end.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/config.hpp"
#include "flow/generation.hpp"
#include "flow/reloader.hpp"
#include "net/inherited.hpp"

namespace ssmgate::flow {

// How whoever runs the gateway hears of its reloads; both called on the reloader's thread.
struct ReloadHooks {
  std::function<void(const std::string& asked_by)> began;
  std::function<void(const ReloadReport&)> ended;
};

class Server {
 public:
  // `inherited`: sockets that systemd opened for some of the listeners. Loads policy, CA and
  // upstream roots, opens the audit log and binds the listeners. Nothing is accepted before
  // `start`.
  [[nodiscard]] static std::variant<StartFault, std::unique_ptr<Server>> open(
      config::Config settings, std::vector<net::InheritedSocket> inherited);
  ~Server();  // stops at once

  // The addresses that are listened on, with the ports the system chose.
  [[nodiscard]] std::vector<config::SocketAddress> addresses() const;
  // Where the admin listener is ("127.0.0.1:8878"), or why there is none.
  [[nodiscard]] std::string admin_address() const;
  // What clients must trust.
  [[nodiscard]] std::string root_pem() const;
  // What the operator should be told of what is in force.
  [[nodiscard]] std::vector<std::string> warnings() const;

  // Before `start`: the configuration came from `file` (absent: the embedded default), may be read
  // again, and is when one of its files changes.
  void allow_reload(std::optional<std::filesystem::path> file, ReloadHooks hooks);
  // Before `start`: calls `beat` on the event loop, now and then, as long as that turns.
  void beat_every(std::chrono::milliseconds period, std::function<void()> beat);

  void start();
  // Reads everything again, if that was allowed; `done` may be empty. Safe from any thread, does
  // not block.
  void reload(const std::string& asked_by, ReloadDone done);
  // Accepts no more, lets connections go on for up to `grace`, then closes them. Returns when all
  // have ended. A call from another thread with less grace shortens it.
  void drain(std::chrono::milliseconds grace);
  // Ends a `drain` that is under way.
  void hasten();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ssmgate::flow
