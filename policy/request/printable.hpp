// Bytes of a request inside a message: shown so that no message reaches a terminal raw.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ssmgate {

// At most so many bytes from the beginning of `text`, ending between two characters.
[[nodiscard]] std::string_view cut(std::string_view text, std::size_t bytes) noexcept;

// `text` in backticks and printable, cut off with "..." when it is long: what a client sent must
// not make a message that nobody can read.
[[nodiscard]] std::string quote_excerpt(std::string_view text);

}  // namespace ssmgate
