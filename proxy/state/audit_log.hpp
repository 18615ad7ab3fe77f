// The audit log: a record is down before what it records goes up.
//
// A thread of its own writes, so that a slow disk holds up the requests that wait for their record
// and nothing else.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "config/config.hpp"
#include "state/audit_record.hpp"
#include "state/audit_sink.hpp"

namespace ssmgate::state {

// LIMIT: a record has one second to be taken by a sink (docs/audit.md).
inline constexpr std::chrono::milliseconds kAuditDeadline{1000};
// LIMIT: 4,096 records wait at most; beyond that a record counts as not taken.
inline constexpr std::size_t kAuditBacklog = 4096;

class AuditLog {
 public:
  // Opens the sinks; at least one.
  [[nodiscard]] static std::variant<SinkFault, std::unique_ptr<AuditLog>> open(
      const config::Audit& settings, std::chrono::milliseconds deadline = kAuditDeadline);
  // With sinks of the caller's making.
  AuditLog(std::vector<std::unique_ptr<AuditSink>> sinks, std::chrono::milliseconds deadline);
  ~AuditLog();  // writes what waits, then ends

  // True once one sink has taken the record, false at the deadline. A record that was given up is
  // not written later. Safe from any executor; resumes on the caller's.
  [[nodiscard]] boost::asio::awaitable<bool> write(AuditRecord record);

  // For records nobody waits for: the result of a relay, the start and the stop.
  void post(const AuditRecord& record);

  // True when an unfinished line was cut off at the end of a sink as it was opened.
  [[nodiscard]] bool found_torn_line() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ssmgate::state
