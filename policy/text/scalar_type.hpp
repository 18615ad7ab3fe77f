// The type of a plain scalar by the YAML 1.2 core schema.
// SOURCE: YAML 1.2.2 §10.3.2. `yes`, `on` and `1_000` are text; `010` is the number ten.
#pragma once

#include <string_view>

#include "ssmgate/text/tree.hpp"

namespace ssmgate {

[[nodiscard]] TreeNode::Kind plain_scalar_kind(std::string_view text) noexcept;

}  // namespace ssmgate
