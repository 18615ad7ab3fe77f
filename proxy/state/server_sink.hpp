// Syslog and journald as sinks.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "config/config.hpp"
#include "state/audit_sink.hpp"

namespace ssmgate::state {

// A server that is not there is no fault: it is looked for until it is. One is a `ca_file`, or a
// certificate, that cannot be used.
[[nodiscard]] std::variant<SinkFault, std::unique_ptr<AuditSink>> open_server_sink(
    const config::AuditSink& settings, LineFormat format);

// All for which `open_server_sink` would refuse a sink of these. Reads their files, connects to
// nobody.
[[nodiscard]] std::vector<std::string> find_server_faults(const config::Audit& settings);

}  // namespace ssmgate::state
