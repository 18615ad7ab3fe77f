// Spellings that the YAML library reads otherwise than YAML 1.2 has them. They are rare, and
// refused: a policy must not mean something else than it says.
//
// Found by comparing with two other readers; tests/golden/yaml holds the comparison.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace ssmgate {

struct Misread {
  std::size_t offset = 0;  // from the scalar's first byte
  std::string_view text;   // of the diagnostic
};

// `source` begins with a scalar and goes on to the end of the file. Linear in the scalar.
[[nodiscard]] std::optional<Misread> find_misread(std::string_view source);

}  // namespace ssmgate
