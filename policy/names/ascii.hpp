// ASCII character classes that no locale changes. Owns nothing else: no text above 0x7F is a
// letter.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace ssmgate::ascii {

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
  return '0' <= c && c <= '9';
}
[[nodiscard]] constexpr bool is_lower(char c) noexcept {
  return 'a' <= c && c <= 'z';
}
[[nodiscard]] constexpr bool is_upper(char c) noexcept {
  return 'A' <= c && c <= 'Z';
}
[[nodiscard]] constexpr bool is_letter(char c) noexcept {
  return is_lower(c) || is_upper(c);
}
[[nodiscard]] constexpr bool is_alnum(char c) noexcept {
  return is_letter(c) || is_digit(c);
}
[[nodiscard]] constexpr bool is_lower_hex(char c) noexcept {
  return is_digit(c) || ('a' <= c && c <= 'f');
}

[[nodiscard]] constexpr char to_lower(char c) noexcept {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] inline std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = to_lower(c);
  return lower;
}

[[nodiscard]] constexpr bool iequals(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return to_lower(x) == to_lower(y); });
}

// The value of a hex digit, or -1.
[[nodiscard]] constexpr int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return 'a' <= lower && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace ssmgate::ascii
