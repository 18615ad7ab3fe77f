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

// Made with mode 0600, for the owner of the log. Negative, and `weakness` says why not.
int open_lock_file(const std::string& path, int log, std::string& weakness) {
  constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY;
  OwnedFd file(::open(path.c_str(), kFlags, S_IRUSR | S_IWUSR));
  struct stat own {};
  struct stat logs {};
  if (file.get() < 0 || ::fstat(file.get(), &own) != 0 || ::fstat(log, &logs) != 0) {
    weakness = "`" + path + "` cannot be opened: " + std::strerror(errno);
    return -1;
  }
  if (::geteuid() == 0 && own.st_uid != logs.st_uid && own.st_uid == 0) {
    static_cast<void>(::fchown(file.get(), logs.st_uid, static_cast<gid_t>(-1)) == 0);
  }
  const bool foreign = own.st_uid != ::geteuid() && own.st_uid != 0 && own.st_uid != logs.st_uid;
  if (foreign || !S_ISREG(own.st_mode) || (own.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    weakness = "`" + path + "` can be opened by others; remove it";
    return -1;
  }
  return file.release();
}

bool is_still_there(const std::string& path, int file) {
  struct stat own {};
  struct stat named {};
  return ::fstat(file, &own) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         own.st_ino == named.st_ino && own.st_dev == named.st_dev;
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

FileLock::~FileLock() {
  if (held_) ::flock(fd_, LOCK_UN);
}

LogLock::LogLock(const std::filesystem::path& path, int log) {
  const std::string beside =
      (path.parent_path() / ("." + path.filename().string() + ".lock")).string();
  // Somebody may remove it just then: two would each hold a lock of their own.
  for (int attempt = 0; attempt < 3; ++attempt) {
    lock_.reset();
    file_ = OwnedFd(open_lock_file(beside, log, weakness_));
    if (file_.get() < 0) {
      lock_.emplace(log);
      return;
    }
    lock_.emplace(file_.get());
    if (!lock_->held() || is_still_there(beside, file_.get())) return;
  }
  lock_.reset();
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
