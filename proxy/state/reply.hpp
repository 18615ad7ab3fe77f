// One who waits on an event loop for what another thread decides, and not for ever.
//
// A coroutine that waits on a timer which is cancelled for it passes through its event loop twice,
// each time with a look at every socket; here it goes on at once.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>

#include <absl/functional/any_invocable.h>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/intrusive/list.hpp>

namespace ssmgate::state {

class Reply : public boost::intrusive::list_base_hook<
                  boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  using Clock = std::chrono::steady_clock;
  // LIMIT: who waits in vain goes on up to this long after the time was over.
  static constexpr std::chrono::milliseconds kTick{20};

  // For one who waits on `executor`, whose event loop is run by one thread.
  explicit Reply(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}
  ~Reply() { end(); }
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;

  // Once, on the event loop. False: nothing was told within `limit`.
  [[nodiscard]] boost::asio::awaitable<bool> wait(std::chrono::milliseconds limit);
  // Nobody waits any more: the event loop may be gone from here on. Idempotent.
  void end() noexcept;

  // For any thread. `owner` keeps this alive until it is known on the event loop.
  void tell(std::shared_ptr<const void> owner);

 private:
  friend class ReplyDeadlines;
  using Waiter = absl::AnyInvocable<void()>;

  void go_on();

  boost::asio::any_io_executor executor_;  // empty once nobody waits any more
  // The event loop's.
  Waiter waiter_;
  Clock::time_point until_;
  bool told_ = false;

  std::mutex mutex_;
  bool ended_ = false;
};

}  // namespace ssmgate::state
