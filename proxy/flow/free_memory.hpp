// Gives the system back what the heap holds free.
//
// glibc does so by itself only at the heap's end: what a burst of connections needed for a moment
// would stay with the gateway in the holes between those that remain.
#pragma once

#include <cstddef>

namespace ssmgate::flow {

class FreeMemory {
 public:
  // To be called now and then. COST: a look at each free piece of the heap, 3 ms for 130,000; when
  // much has become free since it last gave some back, the system's for each page as well: 2 ms for
  // 130 MiB of small pieces, up to 0.2 s for as much of large ones.
  void give_back() noexcept;

 private:
  // LIMIT: so much is kept free, for the next burst.
  static constexpr std::size_t kKept = 2 * 1024 * 1024;

  std::size_t left_ = 0;  // bytes, free by the heap's own count; those given back are among them
};

}  // namespace ssmgate::flow
