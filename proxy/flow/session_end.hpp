// The record of a session's end: the account that AWS does not keep.
#pragma once

#include "flow/sessions.hpp"
#include "state/audit_record.hpp"

namespace ssmgate::flow {

[[nodiscard]] state::AuditRecord make_end_record(const Session& session, SessionTime now);

}  // namespace ssmgate::flow
