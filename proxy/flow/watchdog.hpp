// One deadline per connection, restarted at each named stage, so that a failure says which stage
// took too long.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/stream.hpp"

namespace ssmgate::flow {

struct Entrance;

// A point in time by which several waits together must be over.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds limit)
      : until_(std::chrono::steady_clock::now() + limit) {}
  [[nodiscard]] std::chrono::steady_clock::time_point at() const noexcept { return until_; }
  // What is left of it; zero when it has passed.
  [[nodiscard]] std::chrono::milliseconds left() const {
    const auto rest = until_ - std::chrono::steady_clock::now();
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(rest),
                    std::chrono::milliseconds::zero());
  }

 private:
  std::chrono::steady_clock::time_point until_;
};

// INVARIANT: used on its connection's executor only, but for `drain` and `stop`.
class Watchdog : public std::enable_shared_from_this<Watchdog> {
 public:
  // `entrance`: what let the connection in; null where it is nobody's.
  explicit Watchdog(const boost::asio::any_io_executor& executor,
                    std::shared_ptr<const Entrance> entrance = nullptr)
      : timer_(executor), entrance_(std::move(entrance)) {}

  // Safe from any thread.
  [[nodiscard]] const Entrance* entrance() const noexcept { return entrance_.get(); }

  // A stage that closes `stream` unless it ends in time. One at a time.
  class Stage {
   public:
    Stage(Watchdog& watchdog, net::Stream& stream, std::chrono::milliseconds limit);
    ~Stage();
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;
    [[nodiscard]] bool expired() const noexcept { return watchdog_.expired(); }

   private:
    Watchdog& watchdog_;
  };

  // A stream that `stop` closes for as long as this lives.
  class Attachment {
   public:
    Attachment(Watchdog& watchdog, net::Stream& stream);
    ~Attachment();
    Attachment(const Attachment&) = delete;
    Attachment& operator=(const Attachment&) = delete;

   private:
    Watchdog& watchdog_;
    net::Stream* stream_;
  };

  // The connection waits for a request and has nothing under way, for as long as this lives. Not
  // begun once it is draining: what TLS has read ahead would still come.
  class Idle {
   public:
    explicit Idle(Watchdog& watchdog) : watchdog_(watchdog) { watchdog_.idle_ = true; }
    ~Idle() { watchdog_.idle_ = false; }
    Idle(const Idle&) = delete;
    Idle& operator=(const Idle&) = delete;

   private:
    Watchdog& watchdog_;
  };

  // Closes the connection as soon as it is idle: no new work. Safe from any thread.
  void drain();
  [[nodiscard]] bool draining() const noexcept { return draining_; }

  // Closes every attached stream, now and later. `why` is of static storage: "shutdown" as the
  // gateway ends, or why a session may not go on. Safe from any thread.
  void stop(std::string_view why);
  // Empty: it was not. The first reason counts.
  [[nodiscard]] std::string_view stopped_by() const noexcept { return stopped_by_; }

  // The deadline of the last stage has passed before it was over.
  [[nodiscard]] bool expired() const noexcept { return expired_; }

  // No stage will follow: lets go of the timer.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  void close_all();
  void arm();
  void on_timer(const boost::system::error_code& error);

  boost::asio::steady_timer timer_;
  const std::shared_ptr<const Entrance> entrance_;
  std::vector<net::Stream*> attached_;
  net::Stream* guarded_ = nullptr;
  Clock::time_point deadline_;
  // The timer is left running while deadlines move on behind it: a stage costs no system call.
  Clock::time_point armed_until_ = Clock::time_point::max();
  bool armed_ = false;
  bool expired_ = false;
  bool idle_ = false;
  bool draining_ = false;
  std::string_view stopped_by_;
};

}  // namespace ssmgate::flow
