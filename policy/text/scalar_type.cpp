#include "text/scalar_type.hpp"

#include <algorithm>
#include <array>

namespace ssmgate {
namespace {

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) noexcept {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool all_of(std::string_view text, std::string_view digits) noexcept {
  return !text.empty() && text.find_first_not_of(digits) == std::string_view::npos;
}

constexpr std::string_view kDecimal = "0123456789";

bool is_integer(std::string_view text) noexcept {
  if (text.starts_with("0o")) return all_of(text.substr(2), "01234567");
  if (text.starts_with("0x")) return all_of(text.substr(2), "0123456789abcdefABCDEF");
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return all_of(text, kDecimal);
}

// Takes the digits in front; true when there were any.
bool take_digits(std::string_view& text) noexcept {
  const std::size_t size = std::min(text.find_first_not_of(kDecimal), text.size());
  text.remove_prefix(size);
  return size > 0;
}

bool is_floating(std::string_view text) noexcept {
  if (is_one_of(text, std::array<std::string_view, 3>{".nan", ".NaN", ".NAN"})) return true;
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (is_one_of(text, std::array<std::string_view, 3>{".inf", ".Inf", ".INF"})) return true;
  const bool whole = take_digits(text);
  bool fraction = false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = take_digits(text);
  }
  if (!whole && !fraction) return false;
  if (text.empty()) return true;
  if (text[0] != 'e' && text[0] != 'E') return false;
  text.remove_prefix(1);
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return all_of(text, kDecimal);
}

}  // namespace

TreeNode::Kind plain_scalar_kind(std::string_view text) noexcept {
  constexpr std::array<std::string_view, 5> kNull = {"", "~", "null", "Null", "NULL"};
  constexpr std::array<std::string_view, 6> kBoolean = {"true",  "True",  "TRUE",
                                                        "false", "False", "FALSE"};
  if (is_one_of(text, kNull)) return TreeNode::Kind::null;
  if (is_one_of(text, kBoolean)) return TreeNode::Kind::boolean;
  if (is_integer(text)) return TreeNode::Kind::integer;
  if (is_floating(text)) return TreeNode::Kind::floating;
  return TreeNode::Kind::string;
}

}  // namespace ssmgate
