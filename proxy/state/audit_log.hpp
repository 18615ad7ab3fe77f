// The audit log: a record is down before what it records goes up.
//
// Each sink has a thread of its own, so that a slow disk holds up the requests that wait for their
// record and nothing else, and a hung one not even these while another sink works.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "state/audit_entry.hpp"
#include "state/audit_record.hpp"
#include "state/audit_sink.hpp"
#include "state/audit_writer.hpp"
#include "state/record_watch.hpp"

namespace ssmgate::state {

// LIMIT: a record has one second to be taken by a sink (docs/audit.md); at the end, what still
// waits has one second together.
inline constexpr std::chrono::milliseconds kAuditDeadline{1000};

class AuditLog {
 public:
  // At least one sink (open_audit_log opens those of a configuration).
  AuditLog(std::vector<std::unique_ptr<AuditSink>> sinks, std::chrono::milliseconds deadline);
  ~AuditLog();  // writes what waits; lets go of a sink that hangs for kAuditDeadline
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;

  // True once one sink has taken the record; false when all have failed, or at the deadline. A
  // record that was given up is not written later. One that was being written just then is
  // followed, when its request is refused for it, by a `result` that says so. Safe from any thread;
  // resumes on the caller's.
  // INVARIANT: `record` stays where it is until then.
  [[nodiscard]] boost::asio::awaitable<bool> write(const AuditRecord& record, WhenLost when_lost);

  // For records nobody waits for: the result of a relay, the start and the stop.
  void post(const AuditRecord& record);

  // In the configuration's order. Safe from any thread.
  [[nodiscard]] std::vector<SinkState> sinks() const;
  // Files that were moved away are left, soon: for SIGHUP.
  void reopen();
  // Before the log is used: who is told of every record.
  void set_watch(std::shared_ptr<RecordWatch> watch) { watch_ = std::move(watch); }

  // True when an unfinished line was cut off at the end of a sink as it was opened.
  [[nodiscard]] bool found_torn_line() const noexcept;

 private:
  std::vector<std::shared_ptr<AuditWriter>> writers_;
  const std::chrono::milliseconds deadline_;
  std::shared_ptr<RecordWatch> watch_;  // null: nobody
};

}  // namespace ssmgate::state
