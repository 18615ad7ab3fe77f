// What a running gateway remembers of itself for whoever asks: since when, from what, the last
// reload, and whether its event loop still turns.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "flow/reloader.hpp"

namespace ssmgate::flow {

// Safe from any thread.
class History {
 public:
  using Clock = std::chrono::system_clock;

  struct LastReload {
    Clock::time_point time;
    ReloadReport report;
  };
  struct Snapshot {
    Clock::time_point started;
    Clock::time_point policy_since;
    std::optional<std::filesystem::path> file;  // of the configuration; absent: the embedded one
    std::optional<LastReload> reload;
    std::optional<LastReload> change;     // the last reload that changed something
    std::vector<std::string> next_start;  // what the next start would refuse
    bool ending = false;
  };

  void start(Clock::time_point now);
  void set_file(std::optional<std::filesystem::path> file);
  // `policy_changed`: another one is in force since then.
  void note_reload(const ReloadReport& report, bool policy_changed, Clock::time_point now);
  void note_ending();
  // The event loop turns.
  void beat() noexcept { beat_ = std::chrono::steady_clock::now(); }

  [[nodiscard]] Snapshot snapshot() const;
  [[nodiscard]] std::chrono::steady_clock::duration since_beat() const noexcept;

 private:
  mutable std::mutex mutex_;
  Snapshot now_;
  std::atomic<std::chrono::steady_clock::time_point> beat_ = std::chrono::steady_clock::now();
};

}  // namespace ssmgate::flow
