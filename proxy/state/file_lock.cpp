#include "state/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

namespace ssmgate::state {
namespace {

// A line takes some 20 µs to append: the first pauses are of that size, and a lock that stays is
// asked for 200 times a second.
constexpr std::chrono::microseconds kFirstPause{50};
constexpr std::chrono::microseconds kLongestPause{5000};

bool is_private(mode_t mode) {
  return (mode & (S_IRWXG | S_IRWXO)) == 0;
}

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

FileLock::FileLock(FileLock&& other) noexcept
    : fd_(other.fd_), held_(std::exchange(other.held_, false)) {}

FileLock::~FileLock() {
  if (held_) ::flock(fd_, LOCK_UN);
}

LockFile::LockFile(const std::filesystem::path& log)
    : path_((log.parent_path() / ("." + log.filename().string() + ".lock")).string()) {}

FileLock LockFile::lock(int log) {
  // Somebody may remove it just then: two would each hold a lock of their own.
  for (int attempt = 0; attempt < 3; ++attempt) {
    if (file_.get() < 0 && !open(log)) break;
    OwnedFd gone(-1);  // INVARIANT: closed after the lock on it has been let go of
    FileLock lock(file_.get());
    if (!lock.held() || is_still_there()) return lock;
    gone = std::move(file_);
  }
  return FileLock(log);
}

bool LockFile::open(int log) {
  constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY;
  OwnedFd file(::open(path_.c_str(), kFlags, S_IRUSR | S_IWUSR));
  struct stat logs {};
  if (file.get() < 0 || ::fstat(file.get(), &status_) != 0 || ::fstat(log, &logs) != 0) {
    weakness_ = "`" + path_ + "` cannot be opened: " + std::strerror(errno);
    return false;
  }
  const uid_t owner = status_.st_uid;
  const bool foreign = owner != ::geteuid() && owner != 0 && owner != logs.st_uid;
  if (foreign || !S_ISREG(status_.st_mode) || !is_private(status_.st_mode)) {
    weakness_ = "`" + path_ + "` can be opened by others; remove it";
    return false;
  }
  weakness_.clear();
  file_ = std::move(file);
  return true;
}

bool LockFile::is_still_there() const {
  struct stat named {};
  return ::lstat(path_.c_str(), &named) == 0 && named.st_ino == status_.st_ino &&
         named.st_dev == status_.st_dev && is_private(named.st_mode);
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
