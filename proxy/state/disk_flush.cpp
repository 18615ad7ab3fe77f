#include "state/disk_flush.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <spdlog/spdlog.h>

#include "state/audit_checkpoint.hpp"

namespace ssmgate::state {
namespace {

// Between two flushes: a busy log is flushed all the time, and need not wake anybody for it.
constexpr std::chrono::milliseconds kFlushPause{10};

// Empty, or why not. A file system that cannot flush is no fault.
std::string flush(int fd) {
  if (::fdatasync(fd) == 0 || errno == EINVAL) return {};
  return std::string("cannot be flushed to the disk: ") + std::strerror(errno);
}

}  // namespace

void DiskFlush::mark(const SharedFd& file, std::optional<KeptLine> kept) {
  bool notify = false;
  {
    const std::lock_guard lock(mutex_);
    if (std::ranges::find(files_, file) == files_.end()) files_.push_back(file);
    if (kept) kept_ = std::move(kept);
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    notify = std::exchange(idle_, false);
  }
  if (notify) wake_.notify_one();
}

std::optional<std::string> DiskFlush::take_fault(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (fault_) return std::exchange(fault_, std::nullopt);
  if (begun_ == Clock::time_point::max() || now - begun_ < kFlushDeadline) return std::nullopt;
  return "the disk has not taken what was written for " + std::to_string(kFlushDeadline.count()) +
         " s";
}

void DiskFlush::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    idle_ = files_.empty();
    wake_.wait(lock, [this] { return stopping_ || !files_.empty(); });
    idle_ = false;
    if (files_.empty()) return;
    flush_marked(lock);
    wake_.wait_for(lock, kFlushPause, [this] { return stopping_; });
  }
}

void DiskFlush::flush_marked(std::unique_lock<std::mutex>& lock) {
  const std::vector<SharedFd> files = std::exchange(files_, {});
  const std::optional<KeptLine> kept = std::exchange(kept_, std::nullopt);
  begun_ = Clock::now();
  lock.unlock();
  std::string fault;
  for (const SharedFd& file : files) {
    if (std::string words = flush(file->get()); !words.empty()) fault = std::move(words);
  }
  // INVARIANT: what is kept is never ahead of the log on the disk.
  if (kept && fault.empty()) keep(*kept);
  lock.lock();
  begun_ = Clock::time_point::max();
  if (!fault.empty()) fault_ = std::move(fault);
}

// What cannot be kept is said once; the log itself has the line.
void DiskFlush::keep(const KeptLine& kept) {
  const bool good = keep_checkpoint(kept.file, kept.line);
  if (!good && keeps_) {
    spdlog::warn("audit: the last checkpoint cannot be kept in `{}`; let this user write there",
                 kept.file.string());
  }
  keeps_ = good;
}

bool DiskFlush::close() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  return !fault_;
}

}  // namespace ssmgate::state
