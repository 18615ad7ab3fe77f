// Where one thread sleeps until others ring.
//
// In place of a condition variable: glibc's leaves the mutex marked as contended whenever it wakes
// somebody, so that the mutex's next unlock is a system call, too.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace ssmgate::state {

class Doorbell {
 public:
  using Clock = std::chrono::steady_clock;

  // Safe from any thread; a system call only when somebody sleeps. What was written before it is
  // seen by the sleeper.
  void ring() noexcept;

  // One thread's alone. True once it has rung since the last call returned, false at `until`. May
  // be false early.
  bool sleep_until(Clock::time_point until) noexcept;
  bool sleep() noexcept { return sleep_until(Clock::time_point::max()); }

 private:
  enum State : std::uint32_t { kQuiet, kAsleep, kRung };
  std::atomic<std::uint32_t> state_ = kQuiet;
};

}  // namespace ssmgate::state
