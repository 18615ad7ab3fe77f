// Verified TLS connections to SSM endpoints, kept warm between requests so that a command costs no
// handshake to AWS of its own.
#pragma once

#include <memory>
#include <variant>

#include <boost/asio/awaitable.hpp>

#include "flow/idle_streams.hpp"
#include "flow/upstream_fault.hpp"
#include "flow/watchdog.hpp"
#include "flow/way_out.hpp"
#include "tls/openssl.hpp"

namespace ssmgate::flow {

// How often a request found a connection ready.
struct PoolUse {
  std::uint64_t warm = 0;
  std::uint64_t opened = 0;
};

// Safe from several threads. INVARIANT: a connection stays in the event loop in which it was
// opened, and serves the requests of that loop.
class UpstreamPool {
 public:
  UpstreamPool(std::shared_ptr<WayOut> way_out, tls::ContextPtr context, net::AddressFilter denied);

  // A warm connection that is still quiet, else a new one. Where that was the last idle one, a
  // spare is opened beside it: it lives by itself, and its failures are told to nobody.
  [[nodiscard]] boost::asio::awaitable<std::variant<UpstreamFault, net::StreamPtr>> take(
      UpstreamHost host, Watchdog& watchdog);

  [[nodiscard]] PoolUse use() const noexcept;

  // Keeps a connection whose last answer was read to its end. `current`: of the coroutine that took
  // it.
  void give_back(const UpstreamHost& host, net::StreamPtr stream,
                 const boost::asio::any_io_executor& current);

  // Closes what has been idle too long, and opens spares in the place of those; called every few
  // seconds.
  void prune();
  // Closes all, and keeps none from then on.
  void retire();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ssmgate::flow
