// Who calls, and how a connection's client shows it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "net/peer_owner.hpp"
#include "ssmgate/code.hpp"

namespace ssmgate::wire {
struct ConnectRequest;
}

namespace ssmgate::flow {

class Gateway;
struct Downstream;

// Nobody, until `identify` has found somebody.
struct Identity {
  std::optional<std::string> user;       // by password or certificate
  std::optional<std::string> unix_user;  // by the connection's socket
  std::vector<std::string> unix_groups;
  // Until when name and groups are gone by, of a `unix_user`.
  std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max();

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

// Who has started `ssmgate run`, and whether others who came in would pass for him: a proxy behind
// it knows him by what the configuration holds.
struct RunBy {
  uid_t user = 0;
  bool lends_a_name = false;
};
// For a listener that is for its own user alone, and for root. Empty: let in. Where the kernel
// cannot tell, only if nobody's name is lent.
[[nodiscard]] std::optional<Unidentified> check_own_user(const net::Owner& owner, const RunBy& by);

// Learns who the client is, in the way that its listener asks for. Empty: it may go on, and
// `downstream.identity` says who it is, if the listener asks at all.
[[nodiscard]] boost::asio::awaitable<std::optional<Unidentified>> identify(
    Downstream& downstream, const wire::ConnectRequest& connect);

// Until when what is known of a client holds, by the gateway's clock and by that of its local
// users. Always, where nothing of it runs out.
struct Validity {
  std::chrono::system_clock::time_point certificate;
  std::chrono::steady_clock::time_point local_user;
};
[[nodiscard]] Validity validity_of(const Downstream& downstream) noexcept;
[[nodiscard]] bool has_run_out(const Validity& validity, const Gateway& gateway);

// Asks again for what has run out, where a connection is let further. Empty: it is who it was, with
// the groups that he has now. Else it goes no further, and `downstream.identity` is left.
[[nodiscard]] boost::asio::awaitable<std::optional<Unidentified>> identify_anew(
    Downstream& downstream);

}  // namespace ssmgate::flow
