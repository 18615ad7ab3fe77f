#include "state/observations.hpp"

#include <exception>

#include <spdlog/spdlog.h>

#include "ssmgate/code.hpp"

namespace ssmgate::state {

void Observations::note(const AuditRecord& record) noexcept {
  metrics.note(record);
  try {
    refusals.note(record);
  } catch (const std::exception& error) {
    // Out of memory: the page lacks a line, the record does not.
    spdlog::error("a refusal is not shown: {}", error.what());
  }
}

void Observations::note_waited(const AuditRecord& record,
                               std::chrono::steady_clock::duration waited, bool recorded,
                               bool refused) noexcept {
  metrics.audit_write_seconds.observe(std::chrono::duration<double>(waited).count());
  if (!recorded) metrics.audit_lost.fetch_add(1, std::memory_order_relaxed);
  if (!refused) return note(record);
  try {
    AuditRecord instead = record;
    instead.decision = "deny";
    instead.effect = "refuse";
    instead.code = ssmgate::name(Code::audit_unavailable);
    instead.rule.clear();
    instead.nearest.clear();
    instead.message = "its audit record could not be written";
    note(instead);
  } catch (const std::exception& error) {
    spdlog::error("a refusal is not counted: {}", error.what());
  }
}

}  // namespace ssmgate::state
