// Brings to the disk what a file sink has written, behind the requests: one flush at a time, and
// what was written meanwhile goes with the next (docs/decisions/0016).
//
// Owns: the thread that flushes. Does not own: what is written.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "state/file_lock.hpp"

namespace ssmgate::state {

// LIMIT: a disk that takes longer for a flush is said to hang, and the sink takes no more.
inline constexpr std::chrono::seconds kFlushDeadline{5};

using SharedFd = std::shared_ptr<const OwnedFd>;

// A checkpoint that is kept a second time once what it signs is on the disk.
struct KeptLine {
  std::filesystem::path file;
  std::string line;
};

class DiskFlush {
 public:
  using Clock = std::chrono::steady_clock;
  DiskFlush() = default;
  ~DiskFlush() { close(); }
  DiskFlush(const DiskFlush&) = delete;
  DiskFlush& operator=(const DiskFlush&) = delete;

  // Something was written to `file`. Costs a wake-up only when nothing was flushed for a while.
  void mark(const SharedFd& file, std::optional<KeptLine> kept = std::nullopt);
  // Why what was marked may not be on the disk; a failed flush is said once, a hanging one as long
  // as it hangs.
  [[nodiscard]] std::optional<std::string> take_fault(Clock::time_point now);
  // What is marked is flushed, however long that takes, and the thread ends. `false`: it failed.
  bool close();

 private:
  void run();
  void flush_marked(std::unique_lock<std::mutex>& lock);
  void keep(const KeptLine& kept);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<SharedFd> files_;
  std::optional<KeptLine> kept_;
  std::optional<std::string> fault_;
  Clock::time_point begun_ = Clock::time_point::max();  // max: no flush is under way
  bool idle_ = false;
  bool stopping_ = false;
  bool keeps_ = true;  // the thread's alone
  std::thread thread_;
};

}  // namespace ssmgate::state
