// One connection to the admin listener: one request, its answer, and the end.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "admin/acceptor.hpp"
#include "admin/request_reader.hpp"
#include "admin/router.hpp"

namespace ssmgate::admin {

class Connection;

// The way back to the listener's thread for whoever replies, from whatever thread and whenever:
// also when the listener is gone.
class WayBack {
 public:
  explicit WayBack(boost::asio::io_context& context) : context_(&context) {}

  // On the listener's thread, if there still is one.
  void bring(std::weak_ptr<Connection> to, Answer answer);
  // Nothing is brought from then on.
  void close();

 private:
  std::mutex mutex_;
  boost::asio::io_context* context_;  // null: closed
};

// What the connections of one listener share. Outlives them. Of the listener's thread alone.
struct Shared {
  Router router;
  std::string token;
  std::shared_ptr<WayBack> way_back;
  std::size_t connections = 0;
  // Those that were not asked for anything yet, or have been answered, the longest first.
  std::list<Connection*> idle;
  std::size_t feeds = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Socket socket, Shared& shared);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] static boost::asio::awaitable<void> run(std::shared_ptr<Connection> self);
  void take(Answer answer);
  // Ends it at once.
  void hang_up();

 private:
  boost::asio::awaitable<bool> read_request();
  boost::asio::awaitable<void> wait_for_reply();
  boost::asio::awaitable<bool> write(std::string text);
  boost::asio::awaitable<void> send_feed();
  boost::asio::awaitable<void> end();
  void dispatch();
  void become_idle();
  void leave_idle();
  void set_deadline(std::chrono::milliseconds limit);
  [[nodiscard]] std::string head_of(const Answer& answer) const;

  Socket socket_;
  Shared& shared_;
  boost::asio::steady_timer deadline_;
  boost::asio::steady_timer pause_;  // cancelled when there is something to go on with
  RequestReader reader_;
  std::optional<std::list<Connection*>::iterator> idle_;  // its place among those
  bool head_only_ = false;
  std::optional<Answer> answer_;
};

}  // namespace ssmgate::admin
