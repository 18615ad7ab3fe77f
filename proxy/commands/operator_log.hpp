// The operator's log: one line an event, to standard error. Never the audit log.
#pragma once

#include <spdlog/common.h>

namespace ssmgate::commands {

// Lines read `ssmgate: TEXT`, or `ssmgate: warning: TEXT` from warnings up.
void open_operator_log(spdlog::level::level_enum level);

}  // namespace ssmgate::commands
