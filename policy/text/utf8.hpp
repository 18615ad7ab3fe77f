// Code points of UTF-8 text: what counts columns and finds characters that do not belong in a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ssmgate {

struct CodePoint {
  char32_t value = 0;
  std::size_t size = 0;  // bytes
};

// The code point at the beginning of `bytes`; nothing for an invalid, overlong, surrogate or
// truncated sequence, and for no bytes at all. SOURCE: RFC 3629 §4.
[[nodiscard]] std::optional<CodePoint> decode_code_point(std::string_view bytes) noexcept;

// Code points in valid UTF-8.
[[nodiscard]] std::size_t count_code_points(std::string_view text) noexcept;

// True for what may stand in a file: YAML 1.2's c-printable, but for the byte order mark, for what
// YAML 1.1 takes for a line break and 1.2 does not (U+0085, U+2028, U+2029), and for what shows
// text in another order than it is read in (SOURCE: CVE-2021-42574; UAX #9's explicit formatting).
[[nodiscard]] bool is_text_character(char32_t c) noexcept;

// True for characters that hide themselves or reorder what a terminal shows around them.
[[nodiscard]] bool is_invisible_character(char32_t c) noexcept;

}  // namespace ssmgate
