// The last refusals, and how many there were of late: for the page, not for the record.
//
// Owns: a bounded memory of both. The audit log is the truth; this forgets at each start.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "state/audit_record.hpp"

namespace ssmgate::state {

// LIMIT: refusals that are kept, and bytes of each text of theirs.
inline constexpr std::size_t kKeptRefusals = 50;
inline constexpr std::size_t kKeptText = 512;
// LIMIT: minutes that are counted: six hours.
inline constexpr std::size_t kCountedMinutes = 360;

struct Refusal {
  std::uint64_t number = 0;  // of all since the start
  std::chrono::system_clock::time_point time;
  std::string request_id, who, decision, effect, code, operation, document, target, host, rule,
      nearest, message;
  std::optional<std::uint16_t> port;
};

struct MinuteCount {
  std::int64_t minute = 0;  // since 1970
  std::uint32_t denied = 0;
  std::uint32_t malformed = 0;
};

// Safe from any thread.
class Refusals {
 public:
  // Keeps it when something was refused, or would have been but for report mode.
  void note(const AuditRecord& record);

  // The latest first.
  [[nodiscard]] std::vector<Refusal> latest() const;
  // One for each of the last kCountedMinutes up to `now`, the oldest first; zeros where nothing
  // was.
  [[nodiscard]] std::vector<MinuteCount> minutes(std::chrono::system_clock::time_point now) const;

 private:
  mutable std::mutex mutex_;
  std::uint64_t number_ = 0;
  std::deque<Refusal> kept_;  // the latest first
  std::array<MinuteCount, kCountedMinutes> minutes_{};
};

}  // namespace ssmgate::state
