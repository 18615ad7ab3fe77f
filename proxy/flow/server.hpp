// The running gateway: its listeners, its threads, its start and its end.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "config/config.hpp"
#include "flow/generation.hpp"
#include "net/inherited.hpp"

namespace ssmgate::flow {

class Server {
 public:
  // `inherited`: sockets that systemd opened for some of the listeners. Loads policy, CA and
  // upstream roots, opens the audit log and binds the listeners. Nothing is accepted before
  // `start`.
  [[nodiscard]] static std::variant<StartFault, std::unique_ptr<Server>> open(
      config::Config settings, std::vector<net::InheritedSocket> inherited);
  ~Server();  // stops at once

  // The addresses that are listened on, with the ports the system chose.
  [[nodiscard]] const std::vector<config::SocketAddress>& addresses() const noexcept;
  // What clients must trust.
  [[nodiscard]] std::string root_pem() const;

  void start();
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
