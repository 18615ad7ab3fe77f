// Text that nothing shows otherwise than it is: not a terminal, not a browser.
#pragma once

#include <string>
#include <string_view>

namespace ssmgate::state {

// A JSON text with everything outside printable ASCII, and `<` `>` `&`, as \uNNNN. The same value
// to every reader: all of these stand within strings.
[[nodiscard]] std::string json_ascii(std::string_view text);

}  // namespace ssmgate::state
