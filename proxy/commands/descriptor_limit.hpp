// How many files a gateway may have open: two for each connection.
#pragma once

namespace ssmgate::commands {

// Raises this process's soft limit to its hard limit. `limits.connections` is 20,000 by default,
// the usual soft limit 1,024, which is meant for programs that use select(2). What cannot be raised
// stays: connections then wait in the backlog.
void raise_descriptor_limit() noexcept;

}  // namespace ssmgate::commands
