// Whose process holds the other end of a loopback connection, asked of the kernel (sock_diag(7)).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>

#include <sys/types.h>
#include <boost/asio/ip/tcp.hpp>

namespace ssmgate::net {

// Why the owner is not known, in words.
struct OwnerFault {
  std::string detail;
  bool momentary = false;  // of another connection it may be known
};
using Owner = std::variant<OwnerFault, uid_t>;

// One connection as its client sees it.
struct ClientEnd {
  boost::asio::ip::tcp::endpoint own;   // the client's address and port
  boost::asio::ip::tcp::endpoint peer;  // ours
};

// The user who made the client's socket. Asked for exactly this connection, the client's side of
// it; a fault unless both ends are loopback addresses and the socket is open still. The kernel
// answers within the call, in some ten microseconds: no wait, and nothing for a thread.
[[nodiscard]] Owner find_owner(const ClientEnd& end);

// What the kernel's answer to the question about `end` says. `message` is one netlink message.
[[nodiscard]] Owner read_owner(std::span<const unsigned char> message, const ClientEnd& end);

}  // namespace ssmgate::net
