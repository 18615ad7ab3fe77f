// Globs over AWS names: `*` any run of characters, also none; `?` exactly one; nothing else.
#pragma once

#include <string_view>

namespace ssmgate {

// Case matters; `?` takes one code point of valid UTF-8. O(pattern × text) at worst, never
// exponential, no allocation.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text) noexcept;

[[nodiscard]] bool has_glob(std::string_view pattern) noexcept;

// True when some text matches both patterns.
[[nodiscard]] bool globs_intersect(std::string_view a, std::string_view b);

}  // namespace ssmgate
