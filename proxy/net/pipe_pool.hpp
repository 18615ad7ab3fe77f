// Pipes through which the kernel moves bytes from one socket to another. Borrowed while bytes flow.
#pragma once

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

namespace ssmgate::net {

// An open pipe, empty unless whoever holds it has filled it; or none.
class Pipe {
 public:
  Pipe() = default;
  Pipe(int read_end, int write_end, bool large) noexcept
      : read_end_(read_end), write_end_(write_end), large_(large) {}
  Pipe(Pipe&& other) noexcept
      : read_end_(std::exchange(other.read_end_, -1)),
        write_end_(std::exchange(other.write_end_, -1)),
        large_(other.large_) {}
  Pipe& operator=(Pipe&& other) noexcept;
  ~Pipe();
  explicit operator bool() const noexcept { return read_end_ >= 0; }
  [[nodiscard]] int read_end() const noexcept { return read_end_; }
  [[nodiscard]] int write_end() const noexcept { return write_end_; }
  // One of the few that may be, and not so small that another try is better.
  [[nodiscard]] bool is_large() const noexcept { return large_; }

 private:
  int read_end_ = -1;
  int write_end_ = -1;
  bool large_ = false;
};

// Safe from several threads. INVARIANT: outlives what borrows from it.
// LIMIT: 256 pipes are out at a time, 32 of 1 MiB and the rest of 128 KiB, so that tunnels whose
// receivers stall cannot use up the descriptors and pipe pages (16,384 for one user) of all others;
// 16 of the large are kept for the next.
class PipePool {
 public:
  PipePool();

  // None: all are out, or the system has none. Bytes then pass through a buffer instead.
  [[nodiscard]] Pipe borrow() noexcept;
  // `pipe` is empty, or `used` says that it may not be: it is closed then.
  void give_back(Pipe pipe, bool used) noexcept;
  [[nodiscard]] std::size_t borrowed() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Pipe> kept_;  // large, all of them
  std::size_t borrowed_ = 0;
  std::size_t large_ = 0;  // of the borrowed
};

}  // namespace ssmgate::net
