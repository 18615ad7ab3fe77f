// Sends one permitted request to its endpoint, and the answer back as it comes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "flow/downstream.hpp"
#include "flow/session_opening.hpp"
#include "flow/upstream_pool.hpp"
#include "ssmgate/rules/decide.hpp"

namespace ssmgate::flow {

struct RelayResult {
  // Trouble before a byte of the answer was passed on: the client is told. Later trouble ends the
  // connection without a further byte.
  std::optional<UpstreamFault> fault;
  bool answered = false;    // the whole answer was passed on
  bool keep_alive = false;  // another request may follow on the client's connection
  int status = 0;
  std::string aws_request_id;
  std::string session_id;  // of a session's answer
  // Not empty: the answer opens a session that may not be, and nothing of it was passed on.
  std::string withheld;
};

// `request` are the bytes that go up: the head without hop-by-hop fields, and the body as it came.
// Takes the permit: nothing goes up without one, and each is used once. `opening`, else null: the
// answer is read to its end (64 KiB at most) before any of it is passed on, because a session is
// known by it.
// INVARIANT: never sent twice.
[[nodiscard]] boost::asio::awaitable<RelayResult> relay(Permit permit, Downstream& downstream,
                                                        UpstreamHost host, std::string_view request,
                                                        SessionOpening* opening);

}  // namespace ssmgate::flow
