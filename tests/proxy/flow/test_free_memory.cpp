#include "flow/free_memory.hpp"

#include <fstream>
#include <memory>
#include <vector>

#include <doctest/doctest.h>
#include <unistd.h>

using ssmgate::flow::FreeMemory;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kOtherHeap = true;
#else
constexpr bool kOtherHeap = false;
#endif

// Bytes.
std::size_t resident() {
  std::ifstream file("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

TEST_CASE("what a burst needed is the system's again, though some of it remains among it" *
          doctest::skip(kOtherHeap)) {
  constexpr std::size_t kBlock = 3000;
  constexpr std::size_t kBlocks = 20'000;
  FreeMemory free_memory;
  free_memory.give_back();
  std::vector<std::unique_ptr<char[]>> burst;
  burst.reserve(kBlocks);
  for (std::size_t i = 0; i < kBlocks; ++i) burst.push_back(std::make_unique<char[]>(kBlock));
  const std::size_t full = resident();
  for (std::size_t i = 0; i < kBlocks; ++i) {
    if (i % 50 != 49) burst[i].reset();
  }
  REQUIRE(full - resident() < kBlock * kBlocks / 2);
  free_memory.give_back();
  CHECK(full - resident() > kBlock * kBlocks * 3 / 4);
  // A second one finds nothing to do, and the next burst is given back as well.
  for (std::size_t i = 0; i < kBlocks; ++i) {
    if (i % 50 != 49) burst[i] = std::make_unique<char[]>(kBlock);
  }
  free_memory.give_back();
  const std::size_t again = resident();
  for (std::size_t i = 0; i < kBlocks; ++i) {
    if (i % 50 != 49) burst[i].reset();
  }
  free_memory.give_back();
  CHECK(again - resident() > kBlock * kBlocks * 3 / 4);
}
