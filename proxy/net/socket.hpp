// What is asked of a TCP socket beside a Stream.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "net/stream.hpp"

namespace ssmgate::net {

// FIN. A peer that is gone already is no error.
[[nodiscard]] error_code end_sending(asio::ip::tcp::socket& socket) noexcept;

// Sends at once, and notices a peer that is gone. LIMIT: one that vanished is noticed after 60 s of
// silence and four probes, 15 s apart; idle tunnels have no other time-out.
[[nodiscard]] error_code prepare_socket(asio::ip::tcp::socket& socket) noexcept;

// True for a stream that `make_plain_stream` made.
[[nodiscard]] bool is_plain(const Stream& stream) noexcept;

// The socket of a stream that `make_plain_stream` made; throws std::bad_cast for any other.
[[nodiscard]] asio::ip::tcp::socket& socket_of(Stream& plain);

}  // namespace ssmgate::net
