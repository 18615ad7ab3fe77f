// A look at a store of sessions that may be another process's: whether a gateway could use it.
//
// Owns: reading it without its lock, and leaving nothing beside it.
#pragma once

#include <filesystem>
#include <optional>

#include "state/session_store.hpp"

namespace ssmgate::state {

// What is wrong with `file`, which is there and can be read; nothing: a gateway could use it.
// Reads all of it once; a gateway that writes to it meanwhile is not held up.
[[nodiscard]] std::optional<StoreFault> look_at_session_store(const std::filesystem::path& file);

}  // namespace ssmgate::state
