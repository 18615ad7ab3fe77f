// What a library that is loaded into the gateway shares with the test that runs it: a file.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>

namespace ssmgate::test {

// The file that the environment's `variable` names, as a T in memory; it is at least that long.
// Null: there is none.
template <typename T>
T* open_shared(const char* variable) {
  const char* path = std::getenv(variable);
  const int file = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return nullptr;
  void* place = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  return place == MAP_FAILED ? nullptr : static_cast<T*>(place);
}

}  // namespace ssmgate::test
