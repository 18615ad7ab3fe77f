#include "state/file_lock.hpp"

#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <utility>

namespace ssmgate::state {
namespace {

// A line takes some 20 µs to append: the first pauses are of that size, and a lock that stays is
// asked for 200 times a second.
constexpr std::chrono::microseconds kFirstPause{50};
constexpr std::chrono::microseconds kLongestPause{5000};

}  // namespace

FileLock::FileLock(int fd) : fd_(fd) {
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) {
    held_ = true;
    return;
  }
  const auto deadline = std::chrono::steady_clock::now() + kLockDeadline;
  auto pause = kFirstPause;
  while (!held_ && (errno == EWOULDBLOCK || errno == EINTR) &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, kLongestPause);
    held_ = ::flock(fd_, LOCK_EX | LOCK_NB) == 0;
  }
}

FileLock::~FileLock() {
  if (held_) ::flock(fd_, LOCK_UN);
}

OwnedFd::~OwnedFd() {
  if (fd_ >= 0) ::close(fd_);
}

OwnedFd& OwnedFd::operator=(OwnedFd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

int OwnedFd::release() noexcept {
  return std::exchange(fd_, -1);
}

}  // namespace ssmgate::state
