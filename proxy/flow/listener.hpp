// Accepts connections on one address and starts each on its way.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "config/config.hpp"
#include "flow/admission.hpp"
#include "flow/entrance.hpp"
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

class Listener {
 public:
  // Binds, or takes the socket `inherited` that listens already (-1: none); a fault in words.
  [[nodiscard]] static std::variant<std::string, std::unique_ptr<Listener>> bind(
      boost::asio::io_context& context, EntrancePtr entrance, int inherited);
  Listener(boost::asio::io_context& context, boost::asio::ip::tcp::acceptor acceptor,
           EntrancePtr entrance);

  [[nodiscard]] const config::SocketAddress& address() const noexcept { return address_; }
  // Accepts until `close`.
  void start(Gateway& gateway, Admission& admission);
  void close();
  // What those that arrive from now on must show: after a reload. Safe from any thread.
  void renew(EntrancePtr entrance);

 private:
  [[nodiscard]] EntrancePtr entrance() const;
  boost::asio::awaitable<void> accept(Gateway& gateway, Admission& admission);
  // Takes those that wait; an error other than that of one connection.
  boost::system::error_code accept_batch(Gateway& gateway, Admission& admission);
  void welcome(boost::asio::ip::tcp::socket socket, Gateway& gateway, Admission& admission);

  boost::asio::io_context& context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  mutable std::mutex mutex_;
  EntrancePtr entrance_;  // guarded by `mutex_`
  config::SocketAddress address_;
  std::string name_;
  Throttle trouble_;
  Throttle over_limit_;
};

}  // namespace ssmgate::flow
