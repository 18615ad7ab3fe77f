#include "state/reply.hpp"

#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace ssmgate::state {
namespace asio = boost::asio;

// Who waits on an event loop, and until when. One timer for all, which runs while somebody waits:
// one of each their own would be a change to the loop's timers a request.
class ReplyDeadlines : public asio::execution_context::service {
 public:
  using key_type = ReplyDeadlines;
  inline static asio::execution_context::id id;

  explicit ReplyDeadlines(asio::execution_context& context)
      : asio::execution_context::service(context) {}

  static ReplyDeadlines& of(const asio::any_io_executor& executor) {
    return asio::use_service<ReplyDeadlines>(asio::query(executor, asio::execution::context));
  }

  void add(Reply& reply) {
    if (!timer_) timer_.emplace(reply.executor_);
    if (!ticking_) tick_later();
    waiting_.push_back(reply);
  }

 private:
  using List = boost::intrusive::list<Reply, boost::intrusive::constant_time_size<false>>;

  void tick_later() {
    ticking_ = false;
    timer_->expires_after(Reply::kTick);
    timer_->async_wait([this](const boost::system::error_code& error) {
      if (!error) tick();
    });
    ticking_ = true;
  }

  void tick() {
    const auto now = Reply::Clock::now();
    const bool late = now - timer_->expiry() > kPause;
    ticking_ = false;
    if (waiting_.empty()) return;
    // INVARIANT: there is always a next look, whatever becomes of this one.
    tick_later();
    // After a pause of the event loop, what was decided meanwhile has its turn first.
    if (late) return;
    for (Reply* due = find_due(now); due != nullptr; due = find_due(now)) due->go_on();
  }

  // From the front each time: whoever goes on may be the end of another.
  [[nodiscard]] Reply* find_due(Reply::Clock::time_point now) {
    for (Reply& reply : waiting_) {
      if (reply.until_ <= now) return &reply;
    }
    return nullptr;
  }

  // The event loop is gone: nobody goes on, and who waited ends. A writer that has just decided may
  // post nothing to it from here on.
  void shutdown() override {
    std::vector<Reply::Waiter> waiters;
    while (!waiting_.empty()) {
      Reply& reply = waiting_.front();
      reply.end();
      waiters.push_back(std::exchange(reply.waiter_, nullptr));
      waiting_.pop_front();
    }
    timer_.reset();
  }

  // LIMIT: a look that comes so late decides nothing.
  static constexpr std::chrono::milliseconds kPause = 10 * Reply::kTick;

  List waiting_;
  std::optional<asio::steady_timer> timer_;
  bool ticking_ = false;
};

asio::awaitable<bool> Reply::wait(std::chrono::milliseconds limit) {
  if (told_) co_return true;
  until_ = Clock::now() + limit;
  const auto begin = [this](auto handler) {
    Waiter waiter = std::move(handler);
    ReplyDeadlines::of(executor_).add(*this);
    waiter_ = std::move(waiter);
  };
  auto over =
      asio::async_initiate<decltype(asio::use_awaitable), void()>(begin, asio::use_awaitable);
  co_await std::move(over);
  co_return told_;
}

void Reply::end() noexcept {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  executor_ = nullptr;
}

void Reply::tell(std::shared_ptr<const void> owner) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  asio::post(executor_, [this, alive = std::move(owner)] {
    told_ = true;
    go_on();
  });
}

void Reply::go_on() {
  if (is_linked()) unlink();
  Waiter waiter = std::exchange(waiter_, nullptr);
  if (waiter) waiter();
}

}  // namespace ssmgate::state
