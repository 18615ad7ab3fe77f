// Syslog and journald as sinks.
#pragma once

#include "config/config.hpp"
#include "state/audit_sink.hpp"

namespace ssmgate::state {

// A server that is not there is no fault: it is looked for until it is. One is a `ca_file`, or a
// certificate, that cannot be used.
[[nodiscard]] std::variant<SinkFault, std::unique_ptr<AuditSink>> open_server_sink(
    const config::AuditSink& settings, LineFormat format);

}  // namespace ssmgate::state
