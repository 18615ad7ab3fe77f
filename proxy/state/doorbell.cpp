#include "state/doorbell.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

namespace ssmgate::state {
namespace {

// SOURCE: futex(2). The word of a futex is the atomic's own.
static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

// A deadline on CLOCK_MONOTONIC, which is what std::chrono::steady_clock reads.
std::timespec to_timespec(Doorbell::Clock::time_point time) {
  const auto since = time.time_since_epoch();
  const auto whole = std::chrono::floor<std::chrono::seconds>(since);
  std::timespec spec{};
  spec.tv_sec = whole.count();
  spec.tv_nsec = std::chrono::duration_cast<std::chrono::nanoseconds>(since - whole).count();
  return spec;
}

}  // namespace

void Doorbell::ring() noexcept {
  if (state_.exchange(kRung, std::memory_order_acq_rel) != kAsleep) return;
  ::syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

bool Doorbell::sleep_until(Clock::time_point until) noexcept {
  std::uint32_t quiet = kQuiet;
  if (state_.compare_exchange_strong(quiet, kAsleep, std::memory_order_acq_rel)) {
    const bool for_ever = until == Clock::time_point::max();
    const std::timespec deadline = to_timespec(for_ever ? Clock::time_point() : until);
    ::syscall(SYS_futex, &state_, FUTEX_WAIT_BITSET_PRIVATE, kAsleep,
              for_ever ? nullptr : &deadline, nullptr, FUTEX_BITSET_MATCH_ANY);
  }
  return state_.exchange(kQuiet, std::memory_order_acq_rel) == kRung;
}

}  // namespace ssmgate::state
