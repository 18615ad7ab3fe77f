// Who is told of every record beside the sinks: what counts them, and what keeps the last ones for
// a person to look at.
#pragma once

#include <chrono>

#include "state/audit_record.hpp"

namespace ssmgate::state {

class RecordWatch {
 public:
  RecordWatch() = default;
  virtual ~RecordWatch() = default;
  RecordWatch(const RecordWatch&) = delete;
  RecordWatch& operator=(const RecordWatch&) = delete;

  // A record that nobody waits for, as it is handed in.
  virtual void note(const AuditRecord& record) noexcept = 0;
  // One that was waited for, for so long. `recorded` false: no sink took it; `refused`: so its
  // request was.
  virtual void note_waited(const AuditRecord& record, std::chrono::steady_clock::duration waited,
                           bool recorded, bool refused) noexcept = 0;
};

}  // namespace ssmgate::state
