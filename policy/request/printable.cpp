#include "request/printable.hpp"

#include "ssmgate/rules/decide.hpp"
#include "text/utf8.hpp"

namespace ssmgate {
namespace {

// LIMIT: longer than any host name that a person types, short enough for one line of a terminal.
constexpr std::size_t kMaxExcerpt = 100;

void append_hex_digits(std::string& out, char32_t value, int digits) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out += kDigits[(value >> static_cast<unsigned>(shift)) & 0xFU];
  }
}

// As JSON spells it: beyond U+FFFF two escapes.
void append_json_escape(std::string& out, char32_t value) {
  if (value > 0xFFFF) {
    append_json_escape(out, 0xD800 + ((value - 0x10000) >> 10));
    append_json_escape(out, 0xDC00 + ((value - 0x10000) & 0x3FFU));
    return;
  }
  out += "\\u";
  append_hex_digits(out, value, 4);
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const char c = text.front();
    if (' ' <= c && c <= '~') {
      out += c;
      text.remove_prefix(1);
    } else if (const auto point = decode_code_point(text)) {
      append_json_escape(out, point->value);
      text.remove_prefix(point->size);
    } else {
      out += "\\x";
      append_hex_digits(out, static_cast<unsigned char>(c), 2);
      text.remove_prefix(1);
    }
  }
  return out;
}

std::string_view cut(std::string_view text, std::size_t bytes) noexcept {
  if (text.size() <= bytes) return text;
  // No further back than a character is long: bytes that are no UTF-8 are cut where they are.
  std::size_t end = bytes;
  while (end + 3 > bytes && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) {
    --end;
  }
  return text.substr(0, end);
}

std::string quote_excerpt(std::string_view text) {
  const std::string_view shown = cut(text, kMaxExcerpt);
  return "`" + printable(shown) + (shown.size() < text.size() ? "...`" : "`");
}

}  // namespace ssmgate
