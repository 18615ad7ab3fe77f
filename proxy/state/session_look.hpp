// A look at a store of sessions that no gateway has open: whether one could use it.
//
// Owns: leaving nothing beside it.
#pragma once

#include <filesystem>
#include <string>
#include <variant>

#include "state/session_store.hpp"

namespace ssmgate::state {

struct NotLooked {
  std::string why;
};
// What is wrong with it; nothing: a gateway could use it.
using StoreLook = std::variant<std::monostate, StoreFault, NotLooked>;

// True when a gateway has `file` open. Asks by a lock, which one that starts just then would meet.
[[nodiscard]] bool is_store_in_use(const std::filesystem::path& file);

// `file` is there and can be read. Reads all of it once, and takes no lock that a gateway which
// starts would meet.
[[nodiscard]] StoreLook look_at_session_store(const std::filesystem::path& file);

}  // namespace ssmgate::state
