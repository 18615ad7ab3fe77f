// A look at a store of sessions that no gateway has open: whether one could use it.
//
// Owns: leaving nothing beside it.
#pragma once

#include <filesystem>
#include <optional>

#include "state/session_store.hpp"

namespace ssmgate::state {

// What is wrong with `file`, which is there and can be read; nothing: a gateway could use it, or
// does. Reads all of it once.
[[nodiscard]] std::optional<StoreFault> look_at_session_store(const std::filesystem::path& file);

}  // namespace ssmgate::state
