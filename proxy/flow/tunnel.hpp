// Bytes between a client and where it wanted to go, both ways, untouched.
#pragma once

#include <cstdint>

#include <boost/asio/awaitable.hpp>

#include "flow/downstream.hpp"
#include "flow/route.hpp"

namespace ssmgate::flow {

struct TunnelTarget {
  Host host;
  std::uint16_t port = 443;
  Route route;                // tunnel or channel
  bool hello_seen = false;    // the first bytes were looked at before
  bool client_ended = false;  // the client has ended its direction already
};

// Opens the way to `target` and relays until both directions have ended. `downstream.inbox` holds
// what the client sent first; when that is nothing, its first bytes are still looked at as they
// come, so that waiting does not get a ClientHello past the gateway.
[[nodiscard]] boost::asio::awaitable<void> tunnel(Downstream& downstream, TunnelTarget target);

}  // namespace ssmgate::flow
