// What all connections of a gateway share. Outlives every one of them.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "auth/local_users.hpp"
#include "auth/password_checker.hpp"
#include "config/config.hpp"
#include "flow/body_memory.hpp"
#include "flow/generation.hpp"
#include "flow/session_keeper.hpp"
#include "flow/trouble_log.hpp"
#include "net/pipe_pool.hpp"
#include "net/resolver.hpp"
#include "ssmgate/names/ip_address.hpp"
#include "state/observations.hpp"

namespace ssmgate::flow {

class Gateway {
 public:
  Gateway();

  // What is in force. INVARIANT: never null once the gateway accepts.
  [[nodiscard]] GenerationPtr current() const;
  // Puts `next` in its place and gives the old one back; its warm connections are closed unless
  // both share them.
  GenerationPtr replace(GenerationPtr next);
  // Of the generation in force: whoever ends writes there, whatever it began with.
  [[nodiscard]] std::shared_ptr<state::AuditLog> audit() const { return current()->audit; }

  // Where the gateway listens, as bound.
  using Addresses = std::vector<config::SocketAddress>;
  [[nodiscard]] Addresses listeners() const;
  void set_listeners(Addresses listeners);
  // Where the admin listener is, when it is no Unix socket. Before the gateway accepts.
  void set_admin(config::SocketAddress address) { admin_ = address; }
  // True when `address`:`port` is one of our listeners, the admin's included: a tunnel back to
  // ourselves would hide who the client is.
  [[nodiscard]] bool is_own_listener(const IpAddress& address, std::uint16_t port) const;

  BodyMemory body_memory;
  net::Resolver resolver;
  net::PipePool pipes;  // of all tunnels
  TroubleLog trouble;
  // What goes by in every audit log that is in force. INVARIANT: never null.
  const std::shared_ptr<state::Observations> observations = std::make_shared<state::Observations>();
  auth::PasswordChecker passwords;
  auth::LocalUsers local_users;
  std::function<std::chrono::system_clock::time_point()> now;
  SessionKeeper sessions;

 private:
  mutable std::mutex mutex_;
  GenerationPtr current_;
  Addresses listeners_;
  std::optional<config::SocketAddress> admin_;
};

// A request's or connection's own name: a version 4 UUID.
[[nodiscard]] std::string new_request_id();

[[nodiscard]] boost::asio::ip::address to_asio_address(const IpAddress& address);
[[nodiscard]] IpAddress to_ip_address(const boost::asio::ip::address& address);

}  // namespace ssmgate::flow
