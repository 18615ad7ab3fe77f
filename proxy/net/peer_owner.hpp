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
  enum class Kind : std::uint8_t {
    unclear,     // an answer that says nobody
    unnumbered,  // a user who has no number of his own in this process's user namespace
    unasked,     // the kernel cannot be asked
    gone,        // the socket was closed
  };
  std::string detail;
  Kind kind = Kind::unclear;
  // Of another connection it may be known.
  [[nodiscard]] bool is_momentary() const noexcept {
    return kind == Kind::unasked || kind == Kind::gone;
  }
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

// False: in this process's user namespace others have that number as well.
[[nodiscard]] bool has_number_of_its_own(uid_t uid);

// What the kernel's answer to the question about `end` says. `message` is one netlink message.
[[nodiscard]] Owner read_owner(std::span<const unsigned char> message, const ClientEnd& end);

}  // namespace ssmgate::net
