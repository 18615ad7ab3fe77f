// The lock under which one gateway at a time appends to a shared sink, and an owned descriptor.
#pragma once

#include <chrono>

namespace ssmgate::state {

// LIMIT: a lock is held for a group of lines. Whoever holds it for half a second is no gateway at
// work, and half of a record's second is left to say so.
inline constexpr std::chrono::milliseconds kLockDeadline{500};
inline constexpr const char* kLockedByAnother = "another program holds its lock";

// Advisory (flock), never waited for beyond the deadline.
class FileLock {
 public:
  explicit FileLock(int fd);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  [[nodiscard]] bool held() const noexcept { return held_; }

 private:
  int fd_;
  bool held_ = false;
};

class OwnedFd {
 public:
  explicit OwnedFd(int fd) : fd_(fd) {}
  ~OwnedFd();
  OwnedFd(OwnedFd&& other) noexcept : fd_(other.release()) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept;

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] int release() noexcept;

 private:
  int fd_;
};

}  // namespace ssmgate::state
