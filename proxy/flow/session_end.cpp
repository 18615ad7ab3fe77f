#include "flow/session_end.hpp"

#include "flow/caller_fields.hpp"

namespace ssmgate::flow {

state::AuditRecord make_end_record(const Session& session, SessionTime now) {
  const SessionFacts& facts = session.facts;
  state::AuditRecord record;
  record.event = state::Event::session_end;
  record.time = now;
  record.rule = facts.rule;
  record.policy_revision = facts.policy_revision;
  copy_caller(facts, record);
  record.access_key = facts.access_key;
  record.account = facts.account;
  record.region = facts.region;
  record.endpoint = facts.channel_host;
  record.document = facts.document;
  record.target = facts.target;
  record.host = facts.host;
  record.port = facts.port;
  record.session_id = facts.id;
  record.bytes_up = static_cast<std::int64_t>(session.bytes_up);
  record.bytes_down = static_cast<std::int64_t>(session.bytes_down);
  record.reconnects = session.channels > 1 ? session.channels - 1 : 0;
  record.duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(session.ended_at -
                                                                             session.account_since)
                           .count();
  record.closed_by = name(session.closed_by);
  if (session.channels == 0) record.message = "no data channel was opened through this gateway";
  return record;
}

}  // namespace ssmgate::flow
