// UTF-8, one code point at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ssmgate::wire {

struct CodePoint {
  std::uint32_t value = 0xfffd;
  std::size_t size = 1;  // bytes it takes
};

// The sequence that `text` begins with, which is not empty; U+FFFD and one byte where there is
// none. SOURCE: RFC 3629 §4: no overlong forms, no surrogates, nothing over U+10FFFF.
[[nodiscard]] CodePoint decode_utf8(std::string_view text) noexcept;

// True for valid UTF-8 without control characters (C0, DEL, C1). Empty text is fine.
[[nodiscard]] bool is_plain_text(std::string_view text) noexcept;

}  // namespace ssmgate::wire
