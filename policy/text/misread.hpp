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
  std::size_t offset = 0;  // from the first byte of the source
  std::string_view text;   // of the diagnostic
};

// `source` begins with a scalar and goes on to the end of the file; `indent` is how many blanks a
// further line of it must begin with, at least. Linear in the scalar.
[[nodiscard]] std::optional<Misread> find_misread(std::string_view source, std::size_t indent);

// `source` begins with the bracket of a flow collection. Linear in the collection.
[[nodiscard]] std::optional<Misread> find_flow_misread(std::string_view source);

}  // namespace ssmgate
