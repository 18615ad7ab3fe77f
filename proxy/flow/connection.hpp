// The life of one connection, from the CONNECT to its end. Read this first.
#pragma once

#include <memory>

#include <boost/asio/awaitable.hpp>

#include "flow/gateway.hpp"
#include "flow/watchdog.hpp"
#include "net/stream.hpp"

namespace ssmgate::flow {

// Where a connection came from.
struct Arrival {
  net::StreamPtr stream;
  IpAddress client = IpAddress::v4({127, 0, 0, 1});  // unmapped
  std::string listener;                              // ADDRESS:PORT it came in on
  bool client_allowed = true;                        // by the listener's `clients`
};

// Serves one connection to its end. Never throws but for lack of memory.
[[nodiscard]] boost::asio::awaitable<void> serve_connection(Gateway& gateway, Arrival arrival,
                                                            std::shared_ptr<Watchdog> watchdog);

}  // namespace ssmgate::flow
