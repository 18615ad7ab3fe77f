// The event loops of a gateway, each run by one thread: one loop, and more only while those that
// are there have no rest.
//
// A connection lives in one loop from its arrival to its end, its upstream ones with it: none of
// its handlers ever run beside each other, and none wakes another loop. Two loops that are both
// half idle wake each other up all day: beside the same load they cost an eighth more than one
// (docs/decisions/0025-one-thread-until-it-has-no-rest.md).
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace ssmgate::flow {

// How many loops there should be after `active` of them (1 to `most`) have been at work for `busy`
// of the time, 1.0 being one that never rested.
[[nodiscard]] unsigned loops_wanted(unsigned active, unsigned most, double busy) noexcept;

class EventLoops {
 public:
  // LIMIT: they are counted anew twice a second.
  static constexpr std::chrono::milliseconds kLookEvery{500};

  explicit EventLoops(unsigned most, std::chrono::milliseconds look_every = kLookEvery);
  ~EventLoops() { stop(); }
  EventLoops(const EventLoops&) = delete;
  EventLoops& operator=(const EventLoops&) = delete;

  // The loop of the listeners and of the gateway's own timers. It is there before `start`.
  [[nodiscard]] boost::asio::io_context& first() noexcept { return first_->context; }
  // The loop with most rest, and that a connection has been given to it. Both in the first loop
  // only.
  [[nodiscard]] boost::asio::io_context& freest() noexcept;
  void count_connection(const boost::asio::io_context& loop) noexcept;

  // Both by the owner's thread, each once; `stop` also after a `start` that threw.
  void start();
  // Stops the loops; nothing of them runs afterwards.
  void stop();
  [[nodiscard]] bool running() const noexcept { return running_; }
  // False: one has not had a turn since the look before the last. In the first loop.
  [[nodiscard]] bool all_answer() const noexcept { return all_answer_; }

  // What is done twice a second with what the clock says, in the first loop. One that is too many
  // is given no more connections, and keeps those it has.
  void adjust(double busy);
  [[nodiscard]] unsigned active() const noexcept { return active_; }

 private:
  using Context = boost::asio::io_context;

  struct Loop {
    Context context{1};  // one thread: its handlers need no locks among them
    boost::asio::executor_work_guard<Context::executor_type> work = make_work_guard(context);
    std::thread thread;
    std::atomic<bool> answered = true;  // what the last look asked of it
    std::chrono::nanoseconds worked{};  // by the last look
    double burden = 0;                  // of the time before the last look, and what has come since
  };

  void add();
  static void run(Context& context);
  void look_later();
  void look();
  [[nodiscard]] double measure_busy();

  const unsigned most_;
  const std::chrono::milliseconds look_every_;
  bool running_ = false;  // the owner's
  std::atomic<unsigned> active_ = 1;
  // INVARIANT: the first loop's alone while it runs.
  std::vector<std::unique_ptr<Loop>> loops_;
  Loop* const first_;  // of `loops_`, for other threads
  bool all_answer_ = true;
  std::optional<boost::asio::steady_timer> timer_;
  std::chrono::steady_clock::time_point looked_;
  bool told_ = false;  // that there was no thread to be had
};

}  // namespace ssmgate::flow
