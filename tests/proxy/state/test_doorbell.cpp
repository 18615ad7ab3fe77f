#include "state/doorbell.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

namespace ssmgate::state {

TEST_CASE("who was rung for before he sleeps does not sleep") {
  Doorbell bell;
  bell.ring();
  bell.ring();
  CHECK(bell.sleep_until(Doorbell::Clock::time_point::max()));
  CHECK_FALSE(bell.sleep_until(Doorbell::Clock::now()));
}

TEST_CASE("nobody rings: the sleeper is up at the time he said") {
  Doorbell bell;
  const auto until = Doorbell::Clock::now() + std::chrono::milliseconds(5);
  while (Doorbell::Clock::now() < until) CHECK_FALSE(bell.sleep_until(until));
}

TEST_CASE("no ring is lost, whenever it comes") {
  constexpr int kThreads = 3;
  constexpr int kRings = 20'000;
  Doorbell bell;
  std::atomic<int> brought = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int ring = 0; ring < kRings; ++ring) {
        brought.fetch_add(1, std::memory_order_relaxed);
        bell.ring();
      }
    });
  }
  // Sleeps for ever when the last one is lost.
  while (brought.load(std::memory_order_relaxed) < kThreads * kRings) bell.sleep();
  for (std::thread& thread : threads) thread.join();
  CHECK(brought == kThreads * kRings);
}

}  // namespace ssmgate::state
