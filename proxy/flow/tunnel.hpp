// Bytes between a client and where it wanted to go, both ways, untouched.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "flow/downstream.hpp"
#include "flow/route.hpp"
#include "flow/session_channel.hpp"
#include "net/carry.hpp"
#include "wire/client_hello.hpp"

namespace ssmgate::flow {

struct TunnelTarget {
  Host host;
  std::uint16_t port = 443;
  Route route;                // tunnel or channel
  wire::HelloParse hello;     // of the first bytes; NeedMore: they have not come
  bool client_ended = false;  // the client has ended its direction already
  SessionChannelPtr channel;  // the session that it carries; null: none
};

[[nodiscard]] inline bool has_come(const wire::HelloParse& hello) {
  return !std::holds_alternative<wire::NeedMore>(hello);
}

// What the record of a tunnel's end repeats of its beginning.
struct TunnelRecord {
  std::chrono::steady_clock::time_point begun;
  std::string request_id;
  std::string listener;
  std::string client;
  std::string user;
  std::string auth;
  std::string endpoint;
  std::uint16_t port = 0;
};

// Where the client was silent: by what its first bytes are judged when they come, with the
// `intercept` and `sessions` that are in force then.
struct LateBytes {
  Route route;
  Owner owner;
  Validity validity;  // of what is known of who calls
  wire::HelloScan scan;
};

// A tunnel that is open, and all that is kept of the connection that asked for it.
struct OpenTunnel {
  net::Carriage carriage;
  TunnelRecord record;
  std::unique_ptr<LateBytes> late;
  SessionChannelPtr channel;
};

// Opens the way to `target` and records it. `downstream.inbox` holds what the client sent first;
// when that is nothing, its first bytes are still looked at as they come, so that waiting does not
// get a ClientHello past the gateway. Null: not opened, and recorded so.
[[nodiscard]] boost::asio::awaitable<std::unique_ptr<OpenTunnel>> open_tunnel(
    Downstream& downstream, std::unique_ptr<TunnelTarget> target);

// Lets the bytes flow until both directions have ended, and records that. Needs no coroutine: an
// idle tunnel holds little more than its two sockets
// (docs/decisions/0012-tunnels-without-buffers.md).
void start_tunnel(std::unique_ptr<OpenTunnel> tunnel, Gateway& gateway,
                  std::shared_ptr<Watchdog> watchdog, std::unique_ptr<Admission::Ticket> ticket,
                  const boost::asio::any_io_executor& executor);

}  // namespace ssmgate::flow
