// Which process has a folder as its `state`: for a gateway that cannot be asked.
#pragma once

#include <filesystem>
#include <optional>

#include <sys/types.h>

namespace ssmgate::commands {

// The process that holds the lock of the session store in `state`; nothing: none, or it may not be
// seen. The lock itself is not touched, so that a gateway that starts meanwhile finds it free.
[[nodiscard]] std::optional<pid_t> find_state_holder(const std::filesystem::path& state);

}  // namespace ssmgate::commands
