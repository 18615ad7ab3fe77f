// Waits until a socket has something to read: one wait of the reactor's at a time, which outlives
// whoever asked for it.
//
// Asio tells the kernel of each wait (epoll_ctl). A request is waited for twice, by who looks
// whether its sender leaves while the one before it is under way, and by who reads it: here that is
// one call.
#pragma once

#include <memory>

#include <absl/functional/any_invocable.h>

#include "net/stream.hpp"

namespace ssmgate::net {

// INVARIANT: as the socket, used by one thread; at most one waits.
class Readiness : public std::enable_shared_from_this<Readiness> {
 public:
  using Waiter = absl::AnyInvocable<void(const error_code&)>;

  // True when something has come since the last wait was over, and nobody waited for it.
  [[nodiscard]] bool take_arrival() noexcept;
  // Waits for nobody: what comes is an arrival.
  void watch(asio::ip::tcp::socket& socket);
  // True when it watches, and nothing has come yet.
  [[nodiscard]] bool has_been_silent() const noexcept { return watching_; }
  // `waiter` is called once, by the socket's event loop. With an error after the socket was closed.
  void wait(asio::ip::tcp::socket& socket, Waiter waiter);
  // Whoever waits is not called any more.
  void forget_waiter() noexcept;

 private:
  class Arrival;
  void over(const error_code& error);

  bool waiting_ = false;   // the reactor, for us
  bool watching_ = false;  // since `watch`, with nothing read or come
  bool arrived_ = false;
  Waiter waiter_;  // INVARIANT: there is one only while `waiting_`
};

}  // namespace ssmgate::net
