// The operator's log: one line an event, to standard error. Never the audit log.
#pragma once

#include <cstdint>

#include <spdlog/common.h>

namespace ssmgate::commands {

enum class LogTime : std::uint8_t { none, utc };

// Lines read `ssmgate: TEXT`, or `ssmgate: warning: TEXT` from warnings up, behind the time (RFC
// 3339, milliseconds) where it is wanted. Where standard error is the journal, which keeps time and
// name itself, they read `<PRIORITY>TEXT`.
void open_operator_log(spdlog::level::level_enum level, LogTime time);

}  // namespace ssmgate::commands
