// Who calls, and how a connection's client shows it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "ssmgate/code.hpp"

namespace ssmgate::wire {
struct ConnectRequest;
}

namespace ssmgate::flow {

struct Downstream;

// Nobody, until `identify` has found somebody.
struct Identity {
  std::optional<std::string> user;       // by password or certificate
  std::optional<std::string> unix_user;  // by the connection's socket
  std::vector<std::string> unix_groups;

  // As records, limits and owners of sessions have it: NAME, or `unix:NAME` as in a policy. Empty:
  // nobody.
  [[nodiscard]] std::string label() const;
};

struct Unidentified {
  Code code = Code::unauthenticated;
  std::string reason;      // printable, for the client as well
  bool challenge = false;  // a password would help: 407
  bool momentary = false;  // on another connection, a moment later, it may be let in
};

// Learns who the client is, in the way that its listener asks for. Empty: it may go on, and
// `downstream.identity` says who it is, if the listener asks at all.
[[nodiscard]] boost::asio::awaitable<std::optional<Unidentified>> identify(
    Downstream& downstream, const wire::ConnectRequest& connect);

}  // namespace ssmgate::flow
