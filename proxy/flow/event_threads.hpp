// The threads that run a gateway's event loop: one, and more only while these have no rest.
//
// Two threads that are both half idle wake each other up all day: beside the same load they cost an
// eighth more than one (docs/decisions/0025-one-thread-until-it-has-no-rest.md).
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace ssmgate::flow {

// How many threads there should be after `active` of them (1 to `most`) have been at work for
// `busy` of the time, 1.0 being one thread that never rested.
[[nodiscard]] unsigned threads_wanted(unsigned active, unsigned most, double busy) noexcept;

class EventThreads {
 public:
  // LIMIT: they are counted anew twice a second.
  static constexpr std::chrono::milliseconds kLookEvery{500};

  EventThreads(boost::asio::io_context& context, unsigned most) : context_(context), most_(most) {}
  ~EventThreads() { stop(); }
  EventThreads(const EventThreads&) = delete;
  EventThreads& operator=(const EventThreads&) = delete;

  // Both by the owner's thread, each once.
  void start();
  // Stops the context; nothing of it runs afterwards.
  void stop();
  [[nodiscard]] bool running() const noexcept { return running_; }

  // What is done twice a second with what the clock says. A thread that is to leave does so when
  // its turn comes.
  void adjust(double busy);
  [[nodiscard]] unsigned active() const;

 private:
  struct Thread {
    std::thread thread;
    std::atomic<bool> ended = false;
    std::chrono::nanoseconds worked{};  // by the last look
  };

  void add();
  void try_to_add();
  void run(Thread& own);
  void look_later();
  [[nodiscard]] double measure_busy();

  boost::asio::io_context& context_;
  const unsigned most_;
  std::optional<boost::asio::steady_timer> timer_;
  bool running_ = false;                          // the owner's
  std::chrono::steady_clock::time_point looked_;  // the timer's

  mutable std::mutex mutex_;
  bool stopping_ = false;
  std::vector<std::unique_ptr<Thread>> threads_;  // INVARIANT: as they are once `stopping_`
  unsigned active_ = 0;                           // those that have not been asked to leave
  bool told_ = false;                             // that there was no thread to be had
};

}  // namespace ssmgate::flow
