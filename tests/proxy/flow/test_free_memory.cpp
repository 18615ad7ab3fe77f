#include "flow/free_memory.hpp"

#include <algorithm>
#include <fstream>
#include <memory>
#include <stdexcept>
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
struct Resident {
  std::size_t all = 0;
  std::size_t of_files = 0;
};

Resident resident_now() {
  std::ifstream file("/proc/self/statm");
  std::size_t size = 0;
  Resident pages;
  file >> size >> pages.all >> pages.of_files;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return {pages.all * page, pages.of_files * page};
}

std::size_t resident() {
  return resident_now().all;
}

constexpr std::size_t kBlock = 3000;

// `blocks` of memory, of which one in fifty remains when it is over.
class Burst {
 public:
  explicit Burst(std::size_t blocks) : blocks_(blocks) {
    for (auto& block : blocks_) block = std::make_unique<char[]>(kBlock);
  }
  void end() {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      if (i % 50 != 49) blocks_[i].reset();
    }
  }

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
};

}  // namespace

TEST_CASE("what a burst needed is the system's again, though some of it remains among it" *
          doctest::skip(kOtherHeap)) {
  constexpr std::size_t kBlocks = 8000;
  FreeMemory free_memory;
  free_memory.give_back(false);
  for (int i = 0; i < 3; ++i) {
    Burst burst(kBlocks);
    const std::size_t full = resident();
    burst.end();
    REQUIRE(full - resident() < kBlock * kBlocks / 2);
    free_memory.give_back(false);  // nobody has looked since the burst began
    CHECK(full - resident() > kBlock * kBlocks * 3 / 4);
  }
}

TEST_CASE("what is free at all times is left for the next burst" * doctest::skip(kOtherHeap)) {
  constexpr std::size_t kBlocks = 500;
  FreeMemory free_memory;
  Burst kept(8000);
  kept.end();
  free_memory.give_back(false);  // a first look: nobody knows of another time
  const std::size_t before = resident();
  Burst burst(kBlocks);
  burst.end();
  free_memory.give_back(false);
  CHECK(before - std::min(before, resident()) < kBlock * kBlocks);
}

TEST_CASE("what would take long is given back once nobody is connected" *
          doctest::skip(kOtherHeap)) {
  constexpr std::size_t kBlocks = 20'000;
  FreeMemory free_memory;
  free_memory.give_back(false);
  Burst burst(kBlocks);
  const std::size_t full = resident();
  burst.end();
  free_memory.give_back(false);
  REQUIRE(full - resident() < kBlock * kBlocks / 2);
  free_memory.give_back(true);
  CHECK(full - resident() > kBlock * kBlocks * 3 / 4);
}

TEST_CASE("pages of the program that are read alone are let go of and come back") {
  const std::size_t before = resident_now().of_files;
  ssmgate::flow::unmap_code();
  CHECK(resident_now().of_files < before * 2 / 3);
  CHECK_THROWS_AS(std::vector<int>().at(1), std::out_of_range);  // libstdc++'s, as ever
}
