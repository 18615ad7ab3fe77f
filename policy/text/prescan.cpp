#include "text/prescan.hpp"

#include <algorithm>
#include <string>

#include "ssmgate/text/fields.hpp"
#include "ssmgate/text/tree.hpp"
#include "text/utf8.hpp"

namespace ssmgate {
namespace {

std::string describe_character(char32_t c) {
  if (c == 0) return "a NUL character; remove it";
  if (c == 0xFEFF) return "a byte order mark; save the file as UTF-8 without one";
  return "a control character; remove it, or write it as an escape in double quotes";
}

bool scan_characters(std::string_view text, Places& places, Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = decode_code_point(text.substr(i, 4));
    if (!c) {
      report_error(diagnostics, places.at(i), "not valid UTF-8; save the file as UTF-8");
      return false;
    }
    if (!is_text_character(c->value)) {
      report_error(diagnostics, places.at(i), describe_character(c->value));
      return false;
    }
    if (c->value == '\r' && text.substr(i, 2) != "\r\n") {
      report_error(diagnostics, places.at(i),
                   "a carriage return without a line feed; save the file with LF line ends");
      return false;
    }
    i += c->size;
  }
  return true;
}

// Follows just enough of YAML to know which brackets open a flow collection: quotes, comments and
// block scalars hide them, and in block context only one at the start of a value counts. Where it
// errs, the tree builder's own limit still holds; this one keeps the library from reading ahead
// through millions of brackets.
class FlowDepth {
 public:
  FlowDepth(std::string_view text, Places& places, Diagnostics& diagnostics)
      : text_(text), places_(places), diagnostics_(diagnostics) {}

  bool scan() {
    std::size_t start = 0;
    while (start < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', start), text_.size());
      if (!scan_line(start, text_.substr(start, end - start))) return false;
      start = end + 1;
    }
    return true;
  }

 private:
  enum class Quote : std::uint8_t { none, single, twice };

  bool scan_line(std::size_t offset, std::string_view line) {
    if (quote_ == Quote::none) {
      const std::size_t indent = line.find_first_not_of(' ');
      const bool blank = line.find_first_not_of(" \t\r") == std::string_view::npos;
      if (blank) return true;
      if (in_block_scalar_ && indent > block_indent_) return true;
      in_block_scalar_ = false;
      check_line_start(offset, line, indent);
      line_indent_ = indent;
      value_starts_ = true;
    }
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (quote_ != Quote::none) {
        i = skip_quoted(line, i);
      } else if (line[i] == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) {
        return true;
      } else if (!take(offset + i, line, i)) {
        return false;
      } else if (in_block_scalar_) {
        return true;
      }
    }
    return true;
  }

  void check_line_start(std::size_t offset, std::string_view line, std::size_t indent) {
    if (line[0] == '%') {
      report_error(diagnostics_, places_.at(offset),
                   "YAML directives are not supported; remove the line, or quote the value");
    }
    const std::size_t content = line.find_first_not_of(" \t");
    if (content != indent && line[content] != '#' && depth_ == 0) {
      report_error(diagnostics_, places_.at(offset + indent),
                   "a tab as indentation; indent with blanks");
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

  bool take(std::size_t offset, std::string_view line, std::size_t i) {
    const char c = line[i];
    const bool starts = value_starts_;
    const bool adjacent = after_quoted_ && c == ':';
    const bool spaced = i + 1 == line.size() || line[i + 1] == ' ' || line[i + 1] == '\t';
    after_quoted_ = false;
    if (c == ' ' || c == '\t') return true;
    value_starts_ = adjacent || (spaced && (c == ':' || (starts && (c == '-' || c == '?'))));
    if (starts && c == '"') quote_ = Quote::twice;
    if (starts && c == '\'') quote_ = Quote::single;
    if (starts && depth_ == 0 && (c == '|' || c == '>')) {
      in_block_scalar_ = true;
      block_indent_ = line_indent_;
    }
    if (depth_ > 0 && c == ',') value_starts_ = true;
    if (depth_ > 0 && (c == ']' || c == '}')) --depth_;
    if ((starts || depth_ > 0) && (c == '[' || c == '{')) return open(offset);
    return true;
  }

  bool open(std::size_t offset) {
    value_starts_ = true;
    if (++depth_ <= kMaxNesting) return true;
    report_error(diagnostics_, places_.at(offset),
                 "nested deeper than " + std::to_string(kMaxNesting) + " levels");
    return false;
  }

  std::string_view text_;
  Places& places_;
  Diagnostics& diagnostics_;
  Quote quote_ = Quote::none;
  bool after_quoted_ = false;
  bool value_starts_ = true;
  bool in_block_scalar_ = false;
  std::size_t block_indent_ = 0;
  std::size_t line_indent_ = 0;
  int depth_ = 0;
};

}  // namespace

bool prescan(std::string_view text, Places& places, Diagnostics& diagnostics) {
  return scan_characters(text, places, diagnostics) && FlowDepth(text, places, diagnostics).scan();
}

}  // namespace ssmgate
