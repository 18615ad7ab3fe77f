#include "text/prescan.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include "ssmgate/text/fields.hpp"
#include "text/places.hpp"
#include "text/utf8.hpp"

namespace ssmgate {
namespace {

std::string describe_character(char32_t c) {
  if (c == 0) return "a NUL character; remove it";
  if (c == 0xFEFF) return "a byte order mark; save the file as UTF-8 without one";
  return "a control character; remove it, or write it as an escape in double quotes";
}

// What is wrong with the character at `i`, and its size in bytes.
struct Checked {
  std::string fault;
  std::size_t size = 1;
};

Checked check_character(std::string_view text, std::size_t i) {
  const auto c = decode_code_point(text.substr(i, 4));
  if (!c) return {"not valid UTF-8; save the file as UTF-8", 1};
  if (!is_text_character(c->value)) return {describe_character(c->value), c->size};
  if (c->value == '\r' && text.substr(i, 2) != "\r\n") {
    return {"a carriage return without a line feed; save the file with LF line ends", 1};
  }
  return {{}, c->size};
}

// Follows just enough of YAML to know where a value begins inside brackets: quotes, comments and
// block scalars hide them, and in block context only one at the start of a value counts.
class FlowScan {
 public:
  explicit FlowScan(std::string_view text) : text_(text) {}

  std::vector<std::size_t> run() {
    std::size_t start = 0;
    while (start < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', start), text_.size());
      scan_line(start, text_.substr(start, end - start));
      start = end + 1;
    }
    return std::move(found_);
  }

 private:
  enum class Quote : std::uint8_t { none, single, twice };

  void scan_line(std::size_t offset, std::string_view line) {
    if (quote_ == Quote::none) {
      const std::size_t indent = line.find_first_not_of(' ');
      const bool blank = line.find_first_not_of(" \t\r") == std::string_view::npos;
      if (blank || (in_block_scalar_ && indent > block_indent_)) return;
      in_block_scalar_ = false;
      line_indent_ = indent;
      value_starts_ = value_starts_ || depth_ == 0;
    }
    for (std::size_t i = 0; i < line.size() && !in_block_scalar_; ++i) {
      if (quote_ != Quote::none) {
        i = skip_quoted(line, i);
      } else if (line[i] == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) {
        return;
      } else {
        take(offset + i, line, i);
      }
    }
  }

  // The index of the closing quote, or of the last character of the line.
  std::size_t skip_quoted(std::string_view line, std::size_t i) {
    for (; i < line.size(); ++i) {
      if (quote_ == Quote::twice && line[i] == '\\') {
        ++i;
      } else if (quote_ == Quote::twice && line[i] == '"') {
        break;
      } else if (quote_ == Quote::single && line[i] == '\'') {
        if (i + 1 >= line.size() || line[i + 1] != '\'') break;
        ++i;
      }
    }
    if (i >= line.size()) return line.size();
    quote_ = Quote::none;
    after_quoted_ = true;
    return i;
  }

  void take(std::size_t offset, std::string_view line, std::size_t i) {
    const char c = line[i];
    if (c == ' ' || c == '\t' || c == '\r') return;
    const bool starts = value_starts_;
    const bool adjacent = after_quoted_ && c == ':';
    const bool ends = i + 1 == line.size() || line[i + 1] == '\r';
    const bool spaced = ends || line[i + 1] == ' ' || line[i + 1] == '\t';
    after_quoted_ = false;
    value_starts_ = adjacent || (spaced && (c == ':' || (starts && (c == '-' || c == '?'))));
    if (starts && c == '"') quote_ = Quote::twice;
    if (starts && c == '\'') quote_ = Quote::single;
    if (starts && depth_ == 0 && (c == '|' || c == '>')) {
      in_block_scalar_ = true;
      block_indent_ = line_indent_;
    }
    if (depth_ > 0) take_in_flow(offset, c, starts && !spaced);
    if ((starts || depth_ > 0) && (c == '[' || c == '{')) {
      value_starts_ = true;
      ++depth_;
    }
  }

  void take_in_flow(std::size_t offset, char c, bool begins_word) {
    if (c == ',') value_starts_ = true;
    if (c == ']' || c == '}') --depth_;
    constexpr std::string_view kFlowIndicators = ",[]{}";
    if (c != ':' || !begins_word) return;
    if (kFlowIndicators.find(text_[offset + 1]) == std::string_view::npos) found_.push_back(offset);
  }

  std::string_view text_;
  std::vector<std::size_t> found_;
  Quote quote_ = Quote::none;
  bool after_quoted_ = false;
  bool value_starts_ = true;
  bool in_block_scalar_ = false;
  std::size_t block_indent_ = 0;
  std::size_t line_indent_ = 0;
  int depth_ = 0;
};

// Most files have none, which is seen without following their grammar: a colon that begins a word.
bool may_have_leading_colon(std::string_view text) noexcept {
  constexpr std::string_view kBlanks = " \t\r\n";
  constexpr std::string_view kBefore = " \t\r\n[{,:";
  for (std::size_t at = text.find(':'); at != std::string_view::npos; at = text.find(':', at + 1)) {
    if (at + 1 == text.size() || kBlanks.find(text[at + 1]) != std::string_view::npos) continue;
    if (at == 0 || kBefore.find(text[at - 1]) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

bool check_characters(std::string_view text, Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if ((c >= ' ' && c <= '~') || c == '\n') {
      ++i;
      continue;
    }
    Checked checked = check_character(text, i);
    if (!checked.fault.empty()) {
      report_error(diagnostics, Places(text).at(i), std::move(checked.fault));
      return false;
    }
    i += checked.size;
  }
  return true;
}

std::vector<std::size_t> find_leading_colons(std::string_view text) {
  if (!may_have_leading_colon(text)) return {};
  return FlowScan(text).run();
}

}  // namespace ssmgate
