#include "text/misread.hpp"

#include <algorithm>

#include "text/flow_text.hpp"

namespace ssmgate {
namespace {

constexpr std::string_view kUnclosed =
    "the quotes are not closed before the end of the file; write the closing one";
constexpr std::string_view kBareComment =
    "a comment needs a blank before its `#`; write one, or put the text in quotes";

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

// The library looks at no indentation within quotes.
std::optional<Misread> check_lines(std::string_view inside, std::size_t indent) {
  for (std::size_t i = inside.find('\n'); i != std::string_view::npos; i = inside.find('\n', i)) {
    ++i;
    const std::size_t content = inside.find_first_not_of(" \t\r", i);
    if (content != std::string_view::npos && inside[content] == '\n') continue;  // an empty line
    const std::size_t blanks = inside.substr(i).find_first_not_of(' ');
    if (std::min(blanks, inside.size() - i) >= indent) continue;
    return Misread{i,
                   "a line within quotes that is not indented further than the key or the `-`"
                   " before them; indent with blanks"};
  }
  return std::nullopt;
}

std::optional<Misread> check_escapes(std::string_view inside) {
  for (std::size_t i = inside.find('\\'); i < inside.size(); i = inside.find('\\', i + 2)) {
    if (auto found = check_escape(inside, i)) return found;
  }
  return std::nullopt;
}

// The library takes any `#` behind a value for a comment's.
std::optional<Misread> check_behind(std::string_view source, std::size_t end) {
  if (source.substr(end, 1) != "#") return std::nullopt;
  return Misread{end, kBareComment};
}

std::optional<Misread> check_quoted(std::string_view source, std::size_t indent) {
  const std::size_t end = find_end_of_quotes(source, 0);
  const std::string_view quoted = source.substr(0, end);
  if (source[0] == '"') {
    if (auto found = check_escapes(quoted)) return found;
  }
  if (end == std::string_view::npos) return Misread{0, kUnclosed};
  if (auto found = check_end(quoted.substr(0, end - 1))) return found;
  if (auto found = check_lines(quoted, indent)) return found;
  return check_behind(source, end);
}

// The library loses a line end at the end of `>+`.
std::optional<Misread> check_block_head(std::string_view source) {
  const std::size_t end = std::min(source.find_first_not_of("+-0123456789", 1), source.size());
  if (source[0] == '>' && source.substr(0, end).find('+') != std::string_view::npos) {
    return Misread{0, "`>+` is not supported; write `>`, or `|+` to keep the line ends"};
  }
  return check_behind(source, end);
}

}  // namespace

std::optional<Misread> find_misread(std::string_view source, std::size_t indent) {
  switch (source.empty() ? '\0' : source.front()) {
    case '"':
    case '\'': return check_quoted(source, indent);
    case '|':
    case '>': return check_block_head(source);
    default: return std::nullopt;
  }
}

std::optional<Misread> find_flow_misread(std::string_view source) {
  const FlowText flow = read_flow_text(source, 0);
  if (!flow.bare_comment) return std::nullopt;
  return Misread{*flow.bare_comment, kBareComment};
}

}  // namespace ssmgate
