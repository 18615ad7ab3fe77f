#include "text/prescan.hpp"

#include <algorithm>
#include <string>

#include "ssmgate/text/fields.hpp"
#include "ssmgate/text/tree.hpp"
#include "text/flow_text.hpp"
#include "text/utf8.hpp"

namespace ssmgate {
namespace {

std::string describe_character(char32_t c) {
  if (c == 0) return "a NUL character; remove it";
  if (c == 0xFEFF) return "a byte order mark; save the file as UTF-8 without one";
  if (c > 0x2029) return "a character that turns text round in an editor; remove it";
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

// Follows just enough of YAML to know which brackets open a flow collection (quotes, comments and
// block scalars hide them, and only one at the start of a value counts), and whether a block scalar
// is the last that the file holds. Where it errs about depth, the tree builder's own limit still
// holds; this one keeps the library from reading ahead through millions of brackets.
class BlockReader {
 public:
  BlockReader(std::string_view text, Places& places, Diagnostics& diagnostics)
      : text_(text), places_(places), diagnostics_(diagnostics) {}

  // False when a collection is nested too deep.
  bool read() {
    while (at_ < text_.size()) {
      if (!begin_line()) {
        skip_line();
      } else if (!read_line()) {
        return false;
      }
    }
    check_last_line();
    return true;
  }
  [[nodiscard]] std::vector<std::size_t> take_questions() { return std::move(questions_); }

 private:
  // The library takes blanks at the end of the file for a blank at the end of a folded text.
  void check_last_line() {
    const std::size_t last = text_.rfind('\n') + 1;  // 0 where there is none
    const std::string_view line = text_.substr(last);
    if (!in_block_scalar_ || line.empty()) return;
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) return;
    report_error(diagnostics_, places_.at(last),
                 "the file ends in blanks behind a block of text; remove them, or end the line");
  }

  // False for a line of which nothing is to be read: a blank one, or one of a block scalar.
  bool begin_line() {
    line_ = at_;
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::string_view line = text_.substr(at_, end - at_);
    const auto indent = static_cast<std::ptrdiff_t>(line.find_first_not_of(' '));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) return false;
    const bool is_deeper = indent > parent_;
    if (in_block_scalar_ && is_deeper) return false;
    in_block_scalar_ = false;
    check_line_start(line, static_cast<std::size_t>(indent));
    in_plain_ = in_plain_ && is_deeper;
    value_starts_ = !in_plain_;
    if (line.starts_with("---") && (line.size() == 3 || is_blank(line[3]))) {
      parent_ = -1;
      in_plain_ = false;
      value_starts_ = true;
      at_ += 3;
    }
    return true;
  }

  // To the end of the line in which what begins in this one ends.
  bool read_line() {
    while (at_ < text_.size() && text_[at_] != '\n') {
      if (text_[at_] == '#' && (at_ == 0 || is_blank(text_[at_ - 1]))) {
        in_plain_ = false;
        break;
      }
      if (!take()) return false;
      if (in_block_scalar_) break;
    }
    skip_line();
    return true;
  }

  void skip_line() { at_ = std::min(text_.find('\n', at_), text_.size() - 1) + 1; }

  void check_line_start(std::string_view line, std::size_t indent) {
    if (line[0] == '%') report_directive(at_);
    const std::size_t content = line.find_first_not_of(" \t");
    if (content != indent && line[content] != '#') {
      report_error(diagnostics_, places_.at(at_ + indent),
                   "a tab as indentation; indent with blanks");
    }
  }

  void report_directive(std::size_t at) {
    report_error(diagnostics_, places_.at(at),
                 "YAML directives are not supported; remove the line, or quote the value");
  }

  static bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

  bool take() {
    const char c = text_[at_];
    if (is_blank(c)) {
      ++at_;
      return true;
    }
    const bool starts = value_starts_;
    const bool stands_alone = at_ + 1 == text_.size() || is_blank(text_[at_ + 1]);
    value_starts_ = stands_alone && (c == ':' || (starts && (c == '-' || c == '?')));
    if (starts) node_ = static_cast<std::ptrdiff_t>(at_ - line_);
    if (starts && !value_starts_) return begin_value(c);
    if (value_starts_) {
      parent_ = node_;
      in_plain_ = false;
    }
    ++at_;
    return true;
  }

  // From a value's first character to behind it, or into a plain or block scalar.
  bool begin_value(char c) {
    if (c == '[' || c == '{') return take_flow();
    if (c == '&' || c == '!') return skip_property();
    if (c == '"' || c == '\'') {
      at_ = std::min(find_end_of_quotes(text_, at_), text_.size());
      return true;
    }
    in_block_scalar_ = c == '|' || c == '>';
    in_plain_ = !in_block_scalar_;
    ++at_;
    return true;
  }

  // An anchor or a tag, which the tree builder refuses: the value is behind it.
  bool skip_property() {
    while (at_ < text_.size() && !is_blank(text_[at_])) ++at_;
    value_starts_ = true;
    return true;
  }

  bool take_flow() {
    const FlowText flow = read_flow_text(text_, at_);
    for (const std::size_t directive : flow.directives) report_directive(directive);
    if (flow.too_deep) {
      report_error(diagnostics_, places_.at(*flow.too_deep),
                   "nested deeper than " + std::to_string(kMaxNesting) + " levels");
      return false;
    }
    questions_.insert(questions_.end(), flow.questions.begin(), flow.questions.end());
    at_ = flow.end;
    return true;
  }

  std::string_view text_;
  Places& places_;
  Diagnostics& diagnostics_;
  std::vector<std::size_t> questions_;
  std::size_t at_ = 0;
  std::size_t line_ = 0;        // where the line began
  std::ptrdiff_t node_ = -1;    // the column of the last key or entry
  std::ptrdiff_t parent_ = -1;  // the column that a value's further lines must stand right of
  bool value_starts_ = true;
  bool in_plain_ = false;
  bool in_block_scalar_ = false;
};

}  // namespace

std::optional<Prescanned> prescan(std::string_view text, Places& places, Diagnostics& diagnostics) {
  if (!scan_characters(text, places, diagnostics)) return std::nullopt;
  BlockReader reader(text, places, diagnostics);
  if (!reader.read()) return std::nullopt;
  return Prescanned{reader.take_questions()};
}

}  // namespace ssmgate
