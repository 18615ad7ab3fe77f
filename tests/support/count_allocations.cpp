// Loaded into the gateway before libc: counts what it allocates, so that a test can hold the number
// to a bound.
//
// The count stands in the file that SSMGATE_ALLOCATIONS names, one 64-bit number, which the test
// reads while the gateway runs.
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "shared_place.hpp"

// SOURCE: glibc's own names for what its malloc, calloc and realloc do.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
}

namespace {

using Count = std::atomic<std::uint64_t>;

void count() {
  static Count* const counted = ssmgate::test::open_shared<Count>("SSMGATE_ALLOCATIONS");
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
