// What is seen of the records as they go by.
#pragma once

#include "state/metrics.hpp"
#include "state/record_watch.hpp"
#include "state/refusals.hpp"

namespace ssmgate::state {

class Observations final : public RecordWatch {
 public:
  Metrics metrics;
  Refusals refusals;

  void note(const AuditRecord& record) noexcept override;
  void note_waited(const AuditRecord& record, std::chrono::steady_clock::duration waited,
                   bool recorded, bool refused) noexcept override;
};

}  // namespace ssmgate::state
