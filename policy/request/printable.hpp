// Bytes of a request inside a message: shown so that no message reaches a terminal raw.
#pragma once

#include <string>
#include <string_view>

namespace ssmgate {

// `text` in backticks and printable, cut off with "..." when it is long: what a client sent must
// not make a message that nobody can read.
[[nodiscard]] std::string quote_excerpt(std::string_view text);

}  // namespace ssmgate
