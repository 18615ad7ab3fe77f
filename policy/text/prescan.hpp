// What is looked at in a YAML file before the library sees it. Does not own: the grammar of YAML.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate {

// False when `text` holds what may not stand in a file: bytes that are no UTF-8, a byte order mark,
// control characters, lone carriage returns. Linear; the first fault is reported.
[[nodiscard]] bool check_characters(std::string_view text, Diagnostics& diagnostics);

// Offsets of the colons that begin a plain value inside `[ ]` or `{ }`, as in `[::1]`. The library
// goes by YAML 1.1 there and takes every such colon for the mark between key and value.
// SOURCE: YAML 1.2.2, rule 126 (ns-plain-first).
[[nodiscard]] std::vector<std::size_t> find_leading_colons(std::string_view text);

}  // namespace ssmgate
