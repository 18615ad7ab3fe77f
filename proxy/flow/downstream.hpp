// Our client's side of a connection: its stream, the bytes read from it and not yet used, and who
// it is.
#pragma once

#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "flow/admission.hpp"
#include "flow/entrance.hpp"
#include "flow/gateway.hpp"
#include "flow/identity.hpp"
#include "flow/watchdog.hpp"
#include "net/peer_owner.hpp"
#include "net/stream.hpp"
#include "ssmgate/names/ip_address.hpp"
#include "tls/client_trust.hpp"

namespace ssmgate::flow {

struct Downstream {
  Gateway& gateway;
  GenerationPtr generation;  // what this connection, or the request in hand, goes by
  Watchdog& watchdog;
  net::StreamPtr stream;
  IpAddress client;
  std::string listener;  // the address it came in on, for the record
  EntrancePtr entrance;  // what that listener asked for when the connection arrived
  net::Owner owner;      // of the client's socket, for `auth: local-user`; else a fault
  Admission::Ticket& ticket;
  Identity identity;
  tls::ClientProof proof;  // of the handshake with the listener; none for a plain one
  std::string inbox;       // read, not yet used
  std::string ahead;  // read while a request was in hand, which points into `inbox`: goes behind it

  // Appends what arrives next to `inbox`, under a deadline. An error: eof, timed_out when it was
  // too slow, or what went wrong.
  [[nodiscard]] boost::asio::awaitable<net::error_code> read_more(std::chrono::milliseconds limit);
  // Appends what is there already. False: that was nothing, nor is there a part of a TLS record.
  [[nodiscard]] bool take_arrived();
  // Sends all of `bytes` under a deadline of `limits.body_timeout`.
  [[nodiscard]] boost::asio::awaitable<net::error_code> send(std::string_view bytes);
  // Ends our side and reads what the client still sends, for a moment: closing at once would
  // reset the connection, and the client would lose the answer.
  [[nodiscard]] boost::asio::awaitable<void> close_gently();
};

// Who called, by the names of caller_fields.hpp.
template <class To>
void fill_caller(const Downstream& downstream, To& to) {
  to.listener = downstream.listener;
  to.client = render_ip_address(downstream.client);
  to.user = downstream.identity.label();
  to.auth = config::name(downstream.entrance->settings.auth);
}

// Ended by us: the gateway ends, or the session may not go on.
[[nodiscard]] inline bool is_stopped(const Downstream& downstream) noexcept {
  return !downstream.watchdog.stopped_by().empty();
}
// Who has ended the connection, of one that has not ended well: the client, unless we did.
[[nodiscard]] std::string_view ended_by(const Downstream& downstream) noexcept;

// A record with what is known of every request of this connection.
[[nodiscard]] state::AuditRecord make_record(const Downstream& downstream, state::Event event);

}  // namespace ssmgate::flow
