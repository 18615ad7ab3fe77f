#include "text/misread.hpp"

#include <algorithm>

namespace ssmgate {
namespace {

constexpr std::string_view kUnclosed =
    "the quotes are not closed before the end of the file; write the closing one";

std::optional<Misread> check_escape(std::string_view source, std::size_t at) {
  switch (at + 1 < source.size() ? source[at + 1] : '"') {
    case '\'': return Misread{at, "`\\'` is no escape of YAML; write `'` alone"};
    case '_': return Misread{at, "the escape `\\_` is not supported; write `\\u00A0`"};
    case 'N': return Misread{at, "the escape `\\N` is not supported; write `\\u0085`"};
    default: return std::nullopt;
  }
}

// The library drops blank lines in front of the closing quote.
std::optional<Misread> check_end(std::string_view inside) {
  const std::size_t last = inside.find_last_not_of(" \t\r\n");
  const std::string_view blank = inside.substr(last == std::string_view::npos ? 0 : last + 1);
  if (std::count(blank.begin(), blank.end(), '\n') < 2) return std::nullopt;
  return Misread{inside.size() - blank.size(),
                 "blank lines before the closing quote; remove them, or write `\\n`"};
}

std::optional<Misread> check_twice(std::string_view source) {
  for (std::size_t i = 1; i < source.size(); ++i) {
    if (source[i] == '"') return check_end(source.substr(0, i));
    if (source[i] != '\\') continue;
    if (auto found = check_escape(source, i)) return found;
    ++i;
  }
  return Misread{0, kUnclosed};
}

std::optional<Misread> check_single(std::string_view source) {
  for (std::size_t i = 1; i < source.size(); ++i) {
    if (source[i] != '\'') continue;
    if (source.substr(i, 2) != "''") return check_end(source.substr(0, i));
    ++i;
  }
  return Misread{0, kUnclosed};
}

// The library loses a line end at the end of `>+`.
std::optional<Misread> check_folded(std::string_view source) {
  const std::string_view head = source.substr(0, source.find_first_of(" \t\r\n#"));
  if (head.find('+') == std::string_view::npos) return std::nullopt;
  return Misread{0, "`>+` is not supported; write `>`, or `|+` to keep the line ends"};
}

}  // namespace

std::optional<Misread> find_misread(std::string_view source) {
  switch (source.empty() ? '\0' : source.front()) {
    case '"': return check_twice(source);
    case '\'': return check_single(source);
    case '>': return check_folded(source);
    default: return std::nullopt;
  }
}

}  // namespace ssmgate
