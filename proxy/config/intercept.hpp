// The `intercept` section of ssmgate.yaml: private names that are SSM endpoints, too.
#pragma once

#include "config/config.hpp"
#include "config/reader.hpp"

namespace ssmgate::config {

[[nodiscard]] Intercept load_intercept(const TreeNode& node, const Reader& read);

}  // namespace ssmgate::config
