// Listening sockets that systemd opened for us (socket activation, sd_listen_fds(3)).
#pragma once

#include <string>
#include <variant>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

namespace ssmgate::net {

// Owns its descriptor.
class InheritedSocket {
 public:
  InheritedSocket(int descriptor, boost::asio::ip::tcp::endpoint address, bool v6_only)
      : descriptor_(descriptor), address_(std::move(address)), v6_only_(v6_only) {}
  InheritedSocket(InheritedSocket&& other) noexcept;
  InheritedSocket& operator=(InheritedSocket&&) = delete;
  ~InheritedSocket();

  [[nodiscard]] const boost::asio::ip::tcp::endpoint& address() const noexcept { return address_; }
  // False: an IPv6 socket that takes IPv4 connections as well.
  [[nodiscard]] bool is_v6_only() const noexcept { return v6_only_; }
  // The descriptor is the caller's from here on.
  [[nodiscard]] int release() noexcept;

 private:
  int descriptor_;
  boost::asio::ip::tcp::endpoint address_;
  bool v6_only_;
};

// None when this process was not started by a socket unit. They are taken once: a command that is
// started from here finds none. A fault, in words, when one is no listening TCP socket.
[[nodiscard]] std::variant<std::string, std::vector<InheritedSocket>> take_inherited_sockets();

}  // namespace ssmgate::net
