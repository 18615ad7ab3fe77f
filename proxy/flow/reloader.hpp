// The thread on which reloads happen, one after the other, and what asks for them: a signal, the
// admin listener, a changed file.
//
// Owns: when to reload, and the end of what a reload replaced. Does not own: what a reload does
// (flow/reload).
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "flow/file_watch.hpp"

namespace ssmgate::flow {

struct ReloadReport {
  bool taken = false;                   // else the old is still in force
  std::string asked_by;                 // "SIGHUP", "file"
  std::vector<std::string> lines;       // what has changed, or why it was not taken
  std::vector<std::string> warnings;    // of what has come into force
  std::vector<std::string> next_start;  // what the next start would refuse of what is in force

  // For people: the warnings behind the lines.
  [[nodiscard]] std::vector<std::string> all_lines() const;
};
// Called once, on the reloader's thread.
using ReloadDone = std::function<void(const ReloadReport&)>;

class Reloader {
 public:
  // Reads, judges, swaps; leaves in `files` what is to be watched from then on. Blocks.
  using Attempt = std::function<ReloadReport(const std::string& asked_by,
                                             std::vector<std::filesystem::path>& files)>;

  Reloader(boost::asio::io_context& context, std::vector<std::filesystem::path> files,
           Attempt attempt);
  ~Reloader();  // joins
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  // Safe from any thread; does not block. One that waits already answers both.
  void ask(const std::string& asked_by, ReloadDone done);
  // No reload begins any more.
  void close();

  // To be destroyed here, off the event loop, once nobody else has it. On the reloader's thread.
  void bury(std::shared_ptr<const void> old) { buried_.push_back(std::move(old)); }

 private:
  using Clock = std::chrono::steady_clock;
  using Lock = std::unique_lock<std::mutex>;

  void run();
  void look(Lock& lock);
  void reload(Lock& lock);
  ReloadReport try_attempt(const std::string& asked_by);
  void poke();
  void forget_buried();

  const Attempt attempt_;
  std::vector<std::filesystem::path> files_;  // the thread's alone, as are the next three
  std::vector<FileState> loaded_;             // what they were before they were last read
  std::vector<FileState> seen_;               // at the last look
  std::vector<std::shared_ptr<const void>> buried_;
  FileWatch watch_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool closed_ = false;
  std::string asked_by_;  // not empty: a reload is to be
  std::vector<ReloadDone> waiting_;
  Clock::time_point look_at_;
  std::thread thread_;
};

}  // namespace ssmgate::flow
