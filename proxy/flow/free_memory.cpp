#include "flow/free_memory.hpp"

#include <malloc.h>

#include <algorithm>

namespace ssmgate::flow {

void FreeMemory::give_back() noexcept {
  const std::size_t free = ::mallinfo2().fordblks;
  left_ = std::min(left_, free);
  if (free - left_ < kKept) return;
  ::malloc_trim(kKept);
  left_ = ::mallinfo2().fordblks;
}

}  // namespace ssmgate::flow
