// The TLS of a listener that speaks it: what a client goes through before its CONNECT.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "flow/downstream.hpp"

namespace ssmgate::flow {

// Puts TLS over `downstream.stream`. False: the connection is over, and answered and recorded where
// there was anything to say.
[[nodiscard]] boost::asio::awaitable<bool> pass_front_door(Downstream& downstream);

}  // namespace ssmgate::flow
