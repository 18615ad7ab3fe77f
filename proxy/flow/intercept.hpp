// The inside of an intercepted connection: TLS towards the client, then request after request, each
// judged on its own, recorded, and relayed or refused.
#pragma once

#include <memory>

#include <boost/asio/awaitable.hpp>

#include "flow/downstream.hpp"
#include "flow/route.hpp"
#include "ssmgate/names/host.hpp"

namespace ssmgate::flow {

// What was decided about the connection before TLS, and what a caller whose time runs out is
// refused for from then on.
struct Interception {
  Host connect_host;  // dialled, and compared with everything inside
  std::uint16_t connect_port = 443;
  Endpoint endpoint;  // whose leaf is shown
  std::optional<std::string> server_name;
  std::optional<Code> refusal;  // every request gets this
  std::string reason;
  bool momentary = false;  // on another connection, a moment later, it may be let in

  // The caller is not let in, whatever is asked: a mismatch is one request's, and judged with it.
  [[nodiscard]] bool is_shut() const noexcept {
    return refusal && *refusal != Code::endpoint_mismatch;
  }
};

// `downstream.inbox` begins with the ClientHello. Returns when the connection is over.
[[nodiscard]] boost::asio::awaitable<void> intercept(Downstream& downstream,
                                                     std::unique_ptr<Interception> interception);

}  // namespace ssmgate::flow
