// The `listen` section of ssmgate.yaml.
#pragma once

#include <vector>

#include "config/config.hpp"
#include "config/reader.hpp"

namespace ssmgate::config {

// Every fault is reported through `read`; the listeners without one come back. `has_users_file`:
// the file has that key.
[[nodiscard]] std::vector<Listener> load_listeners(const TreeNode& node, bool has_users_file,
                                                   const Reader& read);

}  // namespace ssmgate::config
