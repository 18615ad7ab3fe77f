// The life of one connection, from the CONNECT to its end. Read this first.
#pragma once

#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include "flow/admission.hpp"
#include "flow/entrance.hpp"
#include "flow/gateway.hpp"
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

// Serves one connection from its arrival to its end, on `executor`. Never throws but for lack of
// memory.
void start_connection(Gateway& gateway, std::unique_ptr<Arrival> arrival,
                      std::shared_ptr<Watchdog> watchdog, std::unique_ptr<Admission::Ticket> ticket,
                      const boost::asio::any_io_executor& executor);

}  // namespace ssmgate::flow
