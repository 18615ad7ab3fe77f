// TLS over another stream, which may speak TLS itself; both sides.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include <boost/asio/awaitable.hpp>

#include "net/stream.hpp"
#include "tls/client_trust.hpp"
#include "tls/openssl.hpp"

namespace ssmgate::net {

// Why a handshake failed, in words for the record and the client.
struct HandshakeFault {
  error_code error;
  bool certificate = false;  // the peer's certificate was not accepted
  bool distrusted = false;   // the peer did not accept ours
  bool by_peer = false;      // it hung up, or said by an alert that it will not go on
  std::string detail;        // printable
};

using Handshake = std::variant<HandshakeFault, StreamPtr>;

// The server's side towards our client. `already_read` are the bytes of the ClientHello, and what
// follows it, that were read before. On success the TLS stream takes `under` over; on failure
// `under` stays, closed. The stream itself does not move in memory, so that whoever holds a
// deadline over it can close it before, during and after the handshake.
[[nodiscard]] asio::awaitable<Handshake> accept_tls(StreamPtr& under,
                                                    const tls::ContextPtr& context,
                                                    std::string_view already_read);

// The client's side towards an upstream: SNI and verification for `host` (canonical, no dot).
[[nodiscard]] asio::awaitable<Handshake> connect_tls(StreamPtr& under,
                                                     const tls::ContextPtr& context,
                                                     std::string host);

// What the client of a TLS stream showed in its handshake, which began at `begun`; nothing, too, of
// a plain stream.
[[nodiscard]] tls::ClientProof read_client_proof(Stream& stream, tls::Clock::time_point begun);

}  // namespace ssmgate::net
