// Verified TLS connections to SSM endpoints, kept warm between requests so that a command costs no
// handshake to AWS of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "flow/watchdog.hpp"
#include "net/dialer.hpp"
#include "net/stream.hpp"
#include "ssmgate/code.hpp"
#include "tls/openssl.hpp"

namespace ssmgate::flow {

struct UpstreamFault {
  Code code = Code::upstream_closed;
  std::string detail;  // printable: which address, what went wrong
};

// Where a request goes: the very host that was certified and judged.
struct UpstreamHost {
  std::string name;  // canonical
  std::uint16_t port = 443;
  bool operator==(const UpstreamHost&) const = default;
  auto operator<=>(const UpstreamHost&) const = default;
};

class UpstreamPool {
 public:
  UpstreamPool(net::Dialer& dialer, tls::ContextPtr context, net::AddressFilter denied)
      : dialer_(dialer), context_(std::move(context)), denied_(std::move(denied)) {}

  // A warm connection that is still quiet, else a new one.
  [[nodiscard]] boost::asio::awaitable<std::variant<UpstreamFault, net::StreamPtr>> take(
      UpstreamHost host, Watchdog& watchdog);

  // Keeps a connection whose last answer was read to its end.
  void give_back(const UpstreamHost& host, net::StreamPtr stream);

  // Closes what has been idle too long; called now and then.
  void prune();
  // Closes all, and keeps none from then on.
  void retire();

 private:
  using Clock = std::chrono::steady_clock;
  struct Idle {
    net::StreamPtr stream;
    Clock::time_point since;
  };
  [[nodiscard]] net::StreamPtr take_idle(const UpstreamHost& host);

  net::Dialer& dialer_;
  tls::ContextPtr context_;
  net::AddressFilter denied_;
  std::mutex mutex_;
  bool retired_ = false;
  std::map<UpstreamHost, std::vector<Idle>> idle_;
};

}  // namespace ssmgate::flow
