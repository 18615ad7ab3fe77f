// What all connections of a gateway share. Outlives every one of them.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "flow/upstream_pool.hpp"
#include "net/dialer.hpp"
#include "net/resolver.hpp"
#include "ssmgate/rules/policy.hpp"
#include "state/audit_log.hpp"
#include "tls/authority.hpp"

namespace ssmgate::flow {

// The policy in force. A request keeps the one it began with.
class PolicyStore {
 public:
  explicit PolicyStore(std::shared_ptr<const Policy> policy) : policy_(std::move(policy)) {}
  [[nodiscard]] std::shared_ptr<const Policy> current() const {
    const std::lock_guard lock(mutex_);
    return policy_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Policy> policy_;
};

struct Gateway {
  Gateway(config::Config settings, std::shared_ptr<const Policy> policy,
          std::unique_ptr<tls::Authority> ca, tls::ContextPtr upstream_context,
          std::unique_ptr<state::AuditLog> audit_log);

  // True when `address`:`port` is one of our listeners: a tunnel back to ourselves would hide who
  // the client is.
  [[nodiscard]] bool is_own_listener(const IpAddress& address, std::uint16_t port) const;

  const config::Config config;
  std::vector<config::SocketAddress> listeners;  // as bound; complete before the first connection
  // Bodies that are held just now, in bytes, of all connections.
  std::atomic<std::int64_t> body_memory = 0;
  PolicyStore policies;
  const std::unique_ptr<tls::Authority> authority;
  net::Resolver resolver;
  net::Dialer dialer;
  UpstreamPool pool;
  const std::unique_ptr<state::AuditLog> audit;
  std::function<std::chrono::system_clock::time_point()> now;
};

// A request's or connection's own name: a version 4 UUID.
[[nodiscard]] std::string new_request_id();

[[nodiscard]] boost::asio::ip::address to_asio_address(const IpAddress& address);
[[nodiscard]] IpAddress to_ip_address(const boost::asio::ip::address& address);

}  // namespace ssmgate::flow
