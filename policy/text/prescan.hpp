// What is refused of a YAML file before the library sees it: characters, directives, tabs as
// indentation, flow collections nested too deep, and blanks at its end behind a block of text. Does
// not own: the grammar of YAML.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "ssmgate/text/diagnostic.hpp"
#include "text/places.hpp"

namespace ssmgate {

struct Prescanned {
  // Each `?` within an unquoted value between brackets, where the library takes none.
  std::vector<std::size_t> questions;
};

// Nothing when the library must not see `text`; the faults are in `diagnostics`. Linear, and it
// stops at the first fault of characters or depth.
[[nodiscard]] std::optional<Prescanned> prescan(std::string_view text, Places& places,
                                                Diagnostics& diagnostics);

}  // namespace ssmgate
