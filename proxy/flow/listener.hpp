// Accepts connections on one address and starts each on its way.
//
// Owns: the acceptor. What holds for an arrival is looked up in the generation in force: a reload
// changes it without touching the listener.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "config/config.hpp"
#include "flow/admission.hpp"
#include "flow/entrance.hpp"
#include "flow/event_loops.hpp"
#include "flow/gateway.hpp"

namespace ssmgate::flow {

// Says a thing at most every ten seconds, and how often it was not said.
class Throttle {
 public:
  template <typename Say>
  void say(const Say& say) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) {
      ++kept_back_;
      return;
    }
    next_ = now + std::chrono::seconds(10);
    say(std::exchange(kept_back_, 0));
  }

 private:
  std::chrono::steady_clock::time_point next_;
  std::uint64_t kept_back_ = 0;
};

// INVARIANT: held by its accept loop, so that it outlives that.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  // Binds, or takes the socket `inherited` that listens already (-1: none); a fault in words.
  [[nodiscard]] static std::variant<std::string, std::shared_ptr<Listener>> bind(
      EventLoops& loops, const ListenerKey& key, int inherited);
  Listener(EventLoops& loops, boost::asio::ip::tcp::acceptor acceptor, ListenerKey key);

  [[nodiscard]] const ListenerKey& key() const noexcept { return key_; }
  [[nodiscard]] const config::SocketAddress& address() const noexcept { return address_; }
  // Accepts until `close`. Both safe from any thread.
  void start(Gateway& gateway, Admission& admission);
  void close();

 private:
  static boost::asio::awaitable<void> accept(std::shared_ptr<Listener> self, Gateway& gateway,
                                             Admission& admission);
  // Takes those that wait; an error other than that of one connection.
  boost::system::error_code accept_batch(Gateway& gateway, Admission& admission);
  // `loop`: that of the socket.
  void welcome(boost::asio::ip::tcp::socket socket, boost::asio::io_context& loop, Gateway& gateway,
               Admission& admission);

  EventLoops& loops_;
  boost::asio::ip::tcp::acceptor acceptor_;
  const ListenerKey key_;
  config::SocketAddress address_;
  std::string name_;
  Throttle trouble_;
  Throttle over_limit_;
};
using ListenerPtr = std::shared_ptr<Listener>;

}  // namespace ssmgate::flow
