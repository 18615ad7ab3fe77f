#include "flow/free_memory.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>

namespace ssmgate::flow {
namespace {

// Of this process's memory, without what files back: SOURCE: proc(5), statm. 0: not known.
std::size_t anonymous_bytes() noexcept {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/self/statm", "re"),
                                                             &std::fclose);
  std::size_t size = 0;
  std::size_t resident = 0;
  std::size_t shared = 0;
  if (!file || std::fscanf(file.get(), "%zu %zu %zu", &size, &resident, &shared) != 3) return 0;
  return (resident - std::min(shared, resident)) *
         static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// What is not in use. The heap's own count of it would do for no burst that is over before anybody
// looks: it has what was given back in it as well.
std::size_t idle_bytes() noexcept {
  const auto heap = ::mallinfo2();
  const std::size_t used = heap.uordblks + heap.hblkhd;
  const std::size_t all = anonymous_bytes();
  return all - std::min(used, all);
}

}  // namespace

void FreeMemory::give_back() noexcept {
  const std::size_t idle = idle_bytes();
  idle_ = std::min(idle_, idle);
  if (idle - idle_ < kLeast || idle - idle_ > kMost) return;
  ::malloc_trim(kLeast);
  idle_ = idle_bytes();
}

}  // namespace ssmgate::flow
