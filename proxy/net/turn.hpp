// A loop of reads and writes that never has to wait would keep everything else on its event loop
// waiting: this makes it step aside now and then.
#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "net/tokens.hpp"

namespace ssmgate::net {

class Turn {
 public:
  // LIMIT: 64 steps without a wait, each of at most one TLS record: 1 MiB.
  static constexpr unsigned kSteps = 64;

  void waited() noexcept { left_ = kSteps; }
  // True when it is somebody else's turn; then `yield`.
  [[nodiscard]] bool is_over() noexcept { return --left_ == 0; }
  [[nodiscard]] asio::awaitable<void> yield() {
    left_ = kSteps;
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    co_await asio::post(executor, kAwait);
  }

 private:
  unsigned left_ = kSteps;
};

}  // namespace ssmgate::net
