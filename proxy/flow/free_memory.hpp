// Gives the system back what the heap holds free, and what only the start has needed.
//
// glibc does so by itself only at the heap's end: what a burst of connections needed for a moment
// would stay with the gateway in the holes between those that remain
// (docs/decisions/0027-memory-is-given-back.md).
#pragma once

#include <cstddef>
#include <limits>

namespace ssmgate::flow {

// Lets go of all pages of the program and of its libraries that nobody writes to. What only the
// start has needed stays away; the rest is mapped again as it is used, from the system's cache,
// 64 KiB at a time. Safe beside threads that are at work. A debugger's breakpoints that are in them
// already are lost.
void unmap_code() noexcept;

class FreeMemory {
 public:
  // To be called now and then. `deserted`: nobody is connected who would wait meanwhile. COST: a
  // look at each free piece of the heap, 3 ms for 130,000; when there is something to give back,
  // the system's for each page as well: 0.1 to 6 ms a MiB, most where pieces are large and the
  // machine is virtual.
  void give_back(bool deserted) noexcept;

 private:
  // LIMIT: less is kept for the next burst. More stays while somebody is connected, for the event
  // loops stand still meanwhile.
  static constexpr std::size_t kLeast = std::size_t{2} * 1024 * 1024;
  static constexpr std::size_t kMost = std::size_t{32} * 1024 * 1024;

  // Bytes of memory that are neither files' nor in use: the least so far, or when some was last
  // given back.
  std::size_t idle_ = std::numeric_limits<std::size_t>::max();
};

}  // namespace ssmgate::flow
