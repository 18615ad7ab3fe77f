// The lock under which one gateway at a time appends to a shared sink, and an owned descriptor.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <string>

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
  FileLock(FileLock&& other) noexcept;
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

// The lock of the log at a path: that of `.NAME.lock` beside it, which only who may write the log
// can open. Any reader of the log could keep one on the log itself.
class LockFile {
 public:
  explicit LockFile(const std::filesystem::path& log);

  // `log` is the open log, which is locked itself where no lock file can be had.
  // COST: flock, lstat, flock; the file is opened once.
  [[nodiscard]] FileLock lock(int log);
  // Why the last lock was one that readers can keep; empty: it was not.
  [[nodiscard]] const std::string& weakness() const noexcept { return weakness_; }

 private:
  bool open(int log);
  [[nodiscard]] bool is_still_there() const;

  std::string path_;
  OwnedFd file_{-1};
  struct stat status_ {};  // of the open file
  std::string weakness_;
};

}  // namespace ssmgate::state
