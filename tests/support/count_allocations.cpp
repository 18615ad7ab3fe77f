// Loaded into the gateway before libc: counts what it allocates, so that a test can hold the number
// to a bound.
//
// The count stands in the file that SSMGATE_ALLOCATIONS names, one 64-bit number, which the test
// reads while the gateway runs.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

// SOURCE: glibc's own names for what its malloc, calloc and realloc do.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
}

namespace {

using Count = std::atomic<std::uint64_t>;

Count* open_count() {
  const char* path = std::getenv("SSMGATE_ALLOCATIONS");
  const int file = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return nullptr;
  void* place = ::mmap(nullptr, sizeof(Count), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  return place == MAP_FAILED ? nullptr : static_cast<Count*>(place);
}

void count() {
  static Count* const counted = open_count();
  if (counted != nullptr) counted->fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  count();
  return __libc_malloc(size);
}

void* calloc(std::size_t number, std::size_t size) {
  count();
  return __libc_calloc(number, size);
}

void* realloc(void* block, std::size_t size) {
  count();
  return __libc_realloc(block, size);
}

}  // extern "C"
