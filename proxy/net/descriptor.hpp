// Sockets that a command started by `ssmgate run` does not inherit, not even one that is made while
// the command starts: Asio makes them without SOCK_CLOEXEC.
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

}  // namespace ssmgate::net
