#include "state/observations.hpp"

#include <exception>

#include <spdlog/spdlog.h>

#include "ssmgate/code.hpp"
#include "ssmgate/rules/decide.hpp"

namespace ssmgate::state {

namespace {

// A line an event, for whoever looks for something: quiet unless the level is `debug`.
void log_event(const AuditRecord& record) {
  if (!spdlog::should_log(spdlog::level::debug)) return;
  std::string line(name(record.event));
  const auto add = [&line](std::string_view before, const std::string& value) {
    if (!value.empty()) line.append(before).append(printable(value));
  };
  add(" ", record.decision);
  add(" ", record.code);
  add(" by rule ", record.rule);
  add(": ", record.operation);
  add(" ", record.document);
  add(" on ", record.target);
  add(" to ", record.host.empty() ? record.endpoint : record.host);
  if (record.port) line += ":" + std::to_string(*record.port);
  add(" for ", record.user.empty() ? record.client : record.user);
  if (record.status) line += ", status " + std::to_string(*record.status);
  if (record.duration_ms) line += ", " + std::to_string(*record.duration_ms) + " ms";
  add(", closed by ", record.closed_by);
  add(" [request id ", record.request_id);
  spdlog::debug("{}{}", line, record.request_id.empty() ? "" : "]");
}

}  // namespace

void Observations::note(const AuditRecord& record) noexcept {
  metrics.note(record);
  try {
    refusals.note(record);
    log_event(record);
  } catch (const std::exception& error) {
    // Out of memory: the page and the log lack a line, the record does not.
    spdlog::error("a record is not shown: {}", error.what());
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
