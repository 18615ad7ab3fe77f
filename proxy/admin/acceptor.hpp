// The socket that the admin listener accepts on: TCP on loopback, or a Unix socket of its user.
#pragma once

#include <filesystem>
#include <string>
#include <variant>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include "config/config.hpp"

namespace ssmgate::admin {

using Socket = boost::asio::generic::stream_protocol::socket;

struct AcceptorFault {
  std::string text;
  bool in_use = false;  // someone else listens there
};

// A Unix socket's file is for its user alone, and is taken away again; one that a crash left behind
// is replaced, one that somebody listens on is not.
class Acceptor {
 public:
  [[nodiscard]] static std::variant<AcceptorFault, std::unique_ptr<Acceptor>> open(
      boost::asio::io_context& context, const config::Admin::Address& wanted);
  explicit Acceptor(boost::asio::io_context& context) : socket_(context) {}
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  using Base = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol>;
  [[nodiscard]] Base& socket() noexcept { return socket_; }
  // As bound: with the port that the system chose.
  [[nodiscard]] const config::Admin::Address& address() const noexcept { return address_; }

 private:
  boost::system::error_code listen_on(const config::SocketAddress& wanted);
  boost::system::error_code listen_on(const std::filesystem::path& path);

  Base socket_;
  config::Admin::Address address_;
  std::filesystem::path made_;  // the Unix socket's file, with the next two
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace ssmgate::admin
