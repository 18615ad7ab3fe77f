// What all connections of a gateway share. Outlives every one of them.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "auth/local_users.hpp"
#include "auth/password_checker.hpp"
#include "config/config.hpp"
#include "flow/generation.hpp"
#include "flow/session_keeper.hpp"
#include "flow/trouble_log.hpp"
#include "net/pipe_pool.hpp"
#include "net/resolver.hpp"
#include "ssmgate/names/ip_address.hpp"

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
  // True when `address`:`port` is one of our listeners: a tunnel back to ourselves would hide who
  // the client is.
  [[nodiscard]] bool is_own_listener(const IpAddress& address, std::uint16_t port) const;

  // Bodies that are held just now, in bytes, of all connections.
  std::atomic<std::int64_t> body_memory = 0;
  net::Resolver resolver;
  net::PipePool pipes;  // of all tunnels
  TroubleLog trouble;
  auth::PasswordChecker passwords;
  auth::LocalUsers local_users;
  std::function<std::chrono::system_clock::time_point()> now;
  SessionKeeper sessions;

 private:
  mutable std::mutex mutex_;
  GenerationPtr current_;
  Addresses listeners_;
};

// A request's or connection's own name: a version 4 UUID.
[[nodiscard]] std::string new_request_id();

[[nodiscard]] boost::asio::ip::address to_asio_address(const IpAddress& address);
[[nodiscard]] IpAddress to_ip_address(const boost::asio::ip::address& address);

}  // namespace ssmgate::flow
