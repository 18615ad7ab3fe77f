// Sockets that a command started by `ssmgate run` does not inherit, not even one that is made while
// the command starts: Asio makes them without SOCK_CLOEXEC. And what is done with them without a
// turn of the event loop.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "net/stream.hpp"

namespace ssmgate::net {

// Opens `socket`, which is closed.
void open_socket(asio::ip::tcp::socket& socket, const asio::ip::tcp& protocol, error_code& error);
void open_acceptor(asio::ip::tcp::acceptor& acceptor, const asio::ip::tcp& protocol,
                   error_code& error);
// Takes `descriptor`, which listens already, does not block, and is not inherited by commands.
void adopt_acceptor(asio::ip::tcp::acceptor& acceptor, const asio::ip::tcp& protocol,
                    int descriptor, error_code& error);

// The connection that `acceptor` has waiting, into `socket`, which is closed; would_block when
// there is none. INVARIANT: the acceptor came from `open_acceptor` or `adopt_acceptor`, and so
// never blocks.
void accept_waiting(asio::ip::tcp::acceptor& acceptor, asio::ip::tcp::socket& socket,
                    error_code& error);

// Connects `socket`, which is open and does not block, without waiting. As `outcome_of_connecting`.
[[nodiscard]] error_code begin_connecting(asio::ip::tcp::socket& socket,
                                          const asio::ip::tcp::endpoint& endpoint) noexcept;
// in_progress: ask again when it is writable. No error: it is connected.
[[nodiscard]] error_code outcome_of_connecting(asio::ip::tcp::socket& socket) noexcept;

// What the kernel has learned of `socket` and told nobody; told once. SOURCE: socket(7), SO_ERROR.
[[nodiscard]] error_code take_error(asio::ip::tcp::socket& socket) noexcept;

}  // namespace ssmgate::net
