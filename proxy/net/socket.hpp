// What the plain and the TLS stream both ask of a TCP socket.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "net/stream.hpp"

namespace ssmgate::net {

// True when the socket is open and nothing can be read from it, not even an end or an error.
[[nodiscard]] bool has_nothing_to_read(asio::ip::tcp::socket& socket) noexcept;

// FIN. A peer that is gone already is no error.
[[nodiscard]] error_code end_sending(asio::ip::tcp::socket& socket) noexcept;

// True when a read would not wait, false when nothing came for `limit`.
[[nodiscard]] asio::awaitable<bool> wait_readable(asio::ip::tcp::socket& socket,
                                                  std::chrono::milliseconds limit);

// Sends at once, and notices a peer that is gone. LIMIT: one that vanished is noticed after 60 s of
// silence and four probes, 15 s apart; idle tunnels have no other time-out.
[[nodiscard]] error_code prepare_socket(asio::ip::tcp::socket& socket) noexcept;

// Says at once that what came has come. A client that keeps Nagle's algorithm on sends its request
// only when its last flight of the handshake has been acknowledged; we answer nothing to that one,
// and the kernel would wait 40 ms for something to send along.
void acknowledge_now(asio::ip::tcp::socket::lowest_layer_type& socket) noexcept;

// True for a stream that `make_plain_stream` made.
[[nodiscard]] bool is_plain(const Stream& stream) noexcept;

// The socket of a stream that `make_plain_stream` made; throws std::bad_cast for any other.
[[nodiscard]] asio::ip::tcp::socket& socket_of(Stream& plain);

}  // namespace ssmgate::net
