// The life of one connection, from the CONNECT to its end. Read this first.
#pragma once

#include <memory>

#include <boost/asio/awaitable.hpp>

#include "flow/admission.hpp"
#include "flow/entrance.hpp"
#include "flow/gateway.hpp"
#include "flow/tunnel.hpp"
#include "flow/watchdog.hpp"
#include "net/peer_owner.hpp"
#include "net/stream.hpp"

namespace ssmgate::flow {

// Where a connection came from.
struct Arrival {
  GenerationPtr generation;  // in force when it came
  net::StreamPtr stream;
  IpAddress client = IpAddress::v4({127, 0, 0, 1});  // unmapped
  std::string listener;                              // ADDRESS:PORT it came in on
  EntrancePtr entrance;                              // the listener's, as it arrived
  net::Owner owner;                                  // for `auth: local-user`; else a fault
};

// Serves one connection to its end, or until it has become a tunnel: then that is what is left of
// it. Never throws but for lack of memory.
[[nodiscard]] boost::asio::awaitable<std::unique_ptr<OpenTunnel>> serve_connection(
    Gateway& gateway, std::unique_ptr<Arrival> arrival, std::shared_ptr<Watchdog> watchdog,
    Admission::Ticket& ticket);

}  // namespace ssmgate::flow
