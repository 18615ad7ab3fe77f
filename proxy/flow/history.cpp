#include "flow/history.hpp"

#include <utility>

namespace ssmgate::flow {

void History::start(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  now_.started = now;
  now_.policy_since = now;
}

void History::set_file(std::optional<std::filesystem::path> file) {
  const std::lock_guard lock(mutex_);
  now_.file = std::move(file);
}

void History::note_reload(const ReloadReport& report, bool policy_changed, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (policy_changed) now_.policy_since = now;
  now_.reload = LastReload{now, report};
  if (!report.taken) return;
  now_.next_start = report.next_start;
  if (!report.lines.empty()) now_.change = now_.reload;
}

void History::note_ending() {
  const std::lock_guard lock(mutex_);
  now_.ending = true;
}

History::Snapshot History::snapshot() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

std::chrono::steady_clock::duration History::since_beat() const noexcept {
  return std::chrono::steady_clock::now() - beat_.load();
}

}  // namespace ssmgate::flow
