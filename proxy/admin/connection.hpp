// One connection to the admin listener: one request, its answer, and the end.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "admin/acceptor.hpp"
#include "admin/request_reader.hpp"
#include "admin/router.hpp"

namespace ssmgate::admin {

// What the connections of one listener share. Outlives them.
struct Shared {
  Router router;
  std::string token;
  std::size_t connections = 0;  // of the listener's thread, as all here
  std::size_t feeds = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Socket socket, Shared& shared);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] static boost::asio::awaitable<void> run(std::shared_ptr<Connection> self);

 private:
  boost::asio::awaitable<bool> read_request();
  boost::asio::awaitable<void> wait_for_reply();
  boost::asio::awaitable<bool> write(std::string text);
  boost::asio::awaitable<void> send_feed();
  boost::asio::awaitable<void> end();
  void dispatch();
  void set_deadline(std::chrono::milliseconds limit);
  [[nodiscard]] std::string head_of(const Answer& answer) const;

  Socket socket_;
  Shared& shared_;
  boost::asio::steady_timer deadline_;
  boost::asio::steady_timer pause_;  // cancelled when there is something to go on with
  RequestReader reader_;
  bool head_only_ = false;
  std::optional<Answer> answer_;
};

}  // namespace ssmgate::admin
