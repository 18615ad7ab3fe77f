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

// The socket of a stream that `make_plain_stream` made; throws std::bad_cast for any other.
[[nodiscard]] asio::ip::tcp::socket& socket_of(Stream& plain);

}  // namespace ssmgate::net
