#include "text/utf8.hpp"

#include <algorithm>

namespace ssmgate {
namespace {

// The size of the sequence that `lead` begins, and the smallest value it may encode.
struct Form {
  std::size_t size = 0;
  char32_t least = 0;
  char32_t bits = 0;
};

Form form_of(unsigned char lead) noexcept {
  if (lead < 0x80) return {1, 0, lead};
  if (lead >= 0xC2 && lead < 0xE0) return {2, 0x80, lead & 0x1FU};
  if (lead >= 0xE0 && lead < 0xF0) return {3, 0x800, lead & 0x0FU};
  if (lead >= 0xF0 && lead < 0xF5) return {4, 0x10000, lead & 0x07U};
  return {};
}

}  // namespace

std::optional<CodePoint> decode_code_point(std::string_view bytes) noexcept {
  if (bytes.empty()) return std::nullopt;
  const Form form = form_of(static_cast<unsigned char>(bytes[0]));
  if (form.size == 0 || bytes.size() < form.size) return std::nullopt;
  char32_t value = form.bits;
  for (std::size_t i = 1; i < form.size; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if ((byte & 0xC0U) != 0x80) return std::nullopt;
    value = (value << 6) | (byte & 0x3FU);
  }
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < form.least || value > 0x10FFFF || surrogate) return std::nullopt;
  return CodePoint{value, form.size};
}

std::size_t count_code_points(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
  }));
}

bool is_text_character(char32_t c) noexcept {
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
  if (c >= 0x7F && c < 0xA0) return false;
  const bool turns_text = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
  return !turns_text && c != 0x2028 && c != 0x2029 && c != 0xFEFF && c != 0xFFFE && c != 0xFFFF;
}

bool is_invisible_character(char32_t c) noexcept {
  const bool zero_width = c >= 0x200B && c <= 0x200F;
  const bool separator_or_embedding = c >= 0x2028 && c <= 0x202E;
  const bool invisible_operator = c >= 0x2060 && c <= 0x206F;
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x61C || zero_width ||
         separator_or_embedding || invisible_operator || c == 0xFEFF || c >= 0xE0000;
}

}  // namespace ssmgate
