// socket(2), accept4(2) and connect(2) with their flags, handed over to Asio.
#include "net/descriptor.hpp"

#include <cerrno>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/error.hpp>

namespace ssmgate::net {
namespace {

using Tcp = asio::ip::tcp;

template <typename Owner>
void hand_over(int descriptor, Owner& owner, const Tcp& protocol, error_code& error) {
  if (descriptor < 0) {
    error = error_code(errno, boost::system::system_category());
    return;
  }
  owner.assign(protocol, descriptor, error);
  if (error) ::close(descriptor);
}

int make_descriptor(const Tcp& protocol) {
  return ::socket(protocol.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                  protocol.protocol());
}

}  // namespace

void open_socket(Tcp::socket& socket, const Tcp& protocol, error_code& error) {
  hand_over(make_descriptor(protocol), socket, protocol, error);
}

void open_acceptor(Tcp::acceptor& acceptor, const Tcp& protocol, error_code& error) {
  hand_over(make_descriptor(protocol), acceptor, protocol, error);
}

void adopt_acceptor(Tcp::acceptor& acceptor, const Tcp& protocol, int descriptor,
                    error_code& error) {
  hand_over(descriptor, acceptor, protocol, error);
}

void accept_waiting(Tcp::acceptor& acceptor, Tcp::socket& socket, error_code& error) {
  const Tcp::endpoint bound = acceptor.local_endpoint(error);
  if (error) return;
  const int descriptor =
      ::accept4(acceptor.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  hand_over(descriptor, socket, bound.protocol(), error);
}

error_code begin_connecting(Tcp::socket& socket, const Tcp::endpoint& endpoint) noexcept {
  const auto size = static_cast<socklen_t>(endpoint.size());
  if (::connect(socket.native_handle(), endpoint.data(), size) == 0) return {};
  const error_code error(errno, boost::system::system_category());
  return error == asio::error::in_progress ? outcome_of_connecting(socket) : error;
}

error_code outcome_of_connecting(Tcp::socket& socket) noexcept {
  pollfd waited{socket.native_handle(), POLLOUT, 0};
  if (::poll(&waited, 1, 0) != 1) return asio::error::in_progress;
  return take_error(socket);
}

error_code take_error(Tcp::socket& socket) noexcept {
  int number = 0;
  socklen_t size = sizeof number;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_ERROR, &number, &size) != 0) {
    number = errno;
  }
  return {number, boost::system::system_category()};
}

}  // namespace ssmgate::net
