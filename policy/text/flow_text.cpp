#include "text/flow_text.hpp"

#include <algorithm>

#include "ssmgate/text/tree.hpp"

namespace ssmgate {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kFlowIndicators = ",[]{}";

bool is_one_of(char c, std::string_view set) noexcept {
  return set.find(c) != std::string_view::npos;
}

class FlowReader {
 public:
  FlowReader(std::string_view text, std::size_t begin) : text_(text), at_(begin) {}

  FlowText read() {
    bool open = true;
    while (open && at_ < text_.size()) {
      step();
      open = depth_ > 0 && !found_.too_deep;
    }
    if (depth_ == 0 && at_ < text_.size() && text_[at_] == '#') note_bare_comment();
    found_.end = std::min(at_, text_.size());
    return std::move(found_);
  }

 private:
  void step() {
    const char c = text_[at_];
    if (is_one_of(c, kBlanks)) {
      skip_blank();
    } else if (c == '#' && (!in_plain_ || follows_blank())) {
      skip_comment();
    } else if (in_plain_ && !ends_plain(c)) {
      if (c == '?') found_.questions.push_back(at_);
      ++at_;
    } else {
      take_token(c);
    }
  }

  void skip_blank() {
    ++at_;
    if (text_[at_ - 1] == '\n' && text_.substr(at_, 1) == "%") found_.directives.push_back(at_);
  }

  void skip_comment() {
    if (!follows_blank()) note_bare_comment();
    in_plain_ = false;
    at_ = std::min(text_.find('\n', at_), text_.size());
  }

  void note_bare_comment() {
    if (!found_.bare_comment) found_.bare_comment = at_;
  }

  [[nodiscard]] bool follows_blank() const noexcept { return is_one_of(text_[at_ - 1], kBlanks); }

  // Whether an indicator of one character is no part of a word.
  [[nodiscard]] bool stands_alone() const noexcept {
    return at_ + 1 == text_.size() || is_one_of(text_[at_ + 1], kBlanks) ||
           is_one_of(text_[at_ + 1], kFlowIndicators);
  }

  [[nodiscard]] bool ends_plain(char c) const noexcept {
    return is_one_of(c, kFlowIndicators) || (c == ':' && stands_alone());
  }

  void take_token(char c) {
    const bool behind_key = behind_quotes_or_bracket_;
    behind_quotes_or_bracket_ = is_one_of(c, "\"']}");
    in_plain_ = false;
    if (c == '"' || c == '\'') {
      at_ = std::min(find_end_of_quotes(text_, at_), text_.size());
      return;
    }
    if (c == '[' || c == '{') {
      if (++depth_ > kMaxNesting) found_.too_deep = at_;
    } else if (c == ']' || c == '}') {
      --depth_;
    } else if (c == ':') {  // `{"a":b}` needs no blank
      in_plain_ = !behind_key && !stands_alone();
    } else if (c == '-' || c == '?') {
      in_plain_ = !stands_alone();
    } else {
      in_plain_ = c != ',';
    }
    ++at_;
  }

  std::string_view text_;
  std::size_t at_;
  FlowText found_;
  int depth_ = 0;
  bool in_plain_ = false;
  bool behind_quotes_or_bracket_ = false;
};

}  // namespace

std::size_t find_end_of_quotes(std::string_view text, std::size_t begin) noexcept {
  const char quote = text[begin];
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || text.substr(i + 1, 1) != "'") return i + 1;
      ++i;
    }
  }
  return std::string_view::npos;
}

FlowText read_flow_text(std::string_view text, std::size_t begin) {
  return FlowReader(text, begin).read();
}

}  // namespace ssmgate
