// socket(2) and accept4(2) with their flags, handed over to Asio.
#include "net/descriptor.hpp"

#include <cerrno>

#include <sys/socket.h>
#include <unistd.h>

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

}  // namespace ssmgate::net
