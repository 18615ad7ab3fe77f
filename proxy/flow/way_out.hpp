// The way from the gateway to a host: dialled, or asked of a parent proxy. What is spoken on it is
// the caller's concern.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "config/config.hpp"
#include "flow/upstream_fault.hpp"
#include "flow/watchdog.hpp"
#include "net/dialer.hpp"
#include "ssmgate/names/host.hpp"
#include "tls/openssl.hpp"

namespace ssmgate::flow {

// `upstream.proxy`, ready for use.
struct ParentProxy {
  std::string host;
  std::uint16_t port = 80;
  tls::ContextPtr context;  // null: http
  std::string credentials;  // the value of Proxy-Authorization, or empty
  std::string label;        // "the proxy `https://gate.example:8443`"; without userinfo
};

// Reads the files that `proxy` names; all faults in words. `ca_file` is for where it names none.
[[nodiscard]] std::variant<std::vector<std::string>, ParentProxy> prepare_parent(
    const config::ParentProxy& proxy, const std::filesystem::path& ca_file);

struct Opened {
  net::StreamPtr stream;
  std::string early;  // what the host said before anything was said to it
};

class WayOut {
 public:
  // `own` holds for the gateway's own listeners, of which none is its parent; null: there are none.
  WayOut(net::Resolver& resolver, const config::Upstream& settings,
         std::optional<ParentProxy> parent, net::AddressFilter own);

  // A connection to `host`, on which nothing has been sent. `denied` is asked of every address that
  // is dialled. LIMIT: behind a parent proxy names are looked up by the proxy, so that `denied` is
  // asked only of a `host` that is an address, and the names of the machine itself are refused.
  [[nodiscard]] boost::asio::awaitable<std::variant<UpstreamFault, Opened>> open(
      Host host, std::uint16_t port, net::AddressFilter denied, Deadline deadline,
      Watchdog& watchdog);

  [[nodiscard]] std::chrono::milliseconds connect_timeout() const noexcept {
    return dialer_.options().connect_timeout;
  }

 private:
  using Result = std::variant<UpstreamFault, Opened>;
  [[nodiscard]] bool goes_through_parent(const Host& host, std::uint16_t port) const;
  [[nodiscard]] boost::asio::awaitable<Result> dial_host(std::string name, std::uint16_t port,
                                                         net::AddressFilter denied,
                                                         Deadline deadline);
  [[nodiscard]] static boost::asio::awaitable<Result> refuse_to_ask(std::string name);
  [[nodiscard]] boost::asio::awaitable<Result> ask_parent(std::string authority, Deadline deadline,
                                                          Watchdog& watchdog);
  // The stream to the parent itself, with TLS where it is spoken.
  [[nodiscard]] boost::asio::awaitable<std::variant<UpstreamFault, net::StreamPtr>> reach_parent(
      Deadline deadline, Watchdog& watchdog);
  [[nodiscard]] UpstreamFault of_parent(UpstreamFault fault) const;

  net::Dialer dialer_;
  const std::vector<config::NoProxyEntry> direct_;
  const std::optional<ParentProxy> parent_;
  const net::AddressFilter own_;
};

}  // namespace ssmgate::flow
