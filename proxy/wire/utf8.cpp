#include "wire/utf8.hpp"

namespace ssmgate::wire {

CodePoint decode_utf8(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::uint32_t lead = at(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {};
  std::uint32_t point = lead & (0xffu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xc0) != 0x80) return {};
    point = (point << 6) | (at(i) & 0x3fu);
  }
  const bool overlong = (size == 3 && point < 0x800) || (size == 4 && point < 0x10000);
  const bool surrogate = point >= 0xd800 && point <= 0xdfff;
  if (overlong || surrogate || point > 0x10ffff) return {};
  return {point, size};
}

bool is_plain_text(std::string_view text) noexcept {
  while (!text.empty()) {
    const CodePoint next = decode_utf8(text);
    // A real U+FFFD takes three bytes.
    if (next.value == 0xfffd && next.size == 1) return false;
    if (next.value < 0x20 || (next.value >= 0x7f && next.value <= 0x9f)) return false;
    text.remove_prefix(next.size);
  }
  return true;
}

}  // namespace ssmgate::wire
