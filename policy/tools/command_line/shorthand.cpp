// SOURCE: awscli/shorthand.py, ShorthandParser and BackCompatVisitor (aws-cli 1.45.11; the same in
// version 2): rule by rule, its backtracking included, because what a spelling means is what that
// parser does. Where the product is no list of strings, botocore refuses it, and so does this.
#include "tools/command_line/shorthand.hpp"

#include <algorithm>
#include <unordered_set>

#include "ssmgate/text/diagnostic.hpp"
#include "text/utf8.hpp"

namespace ssmgate::tools {
namespace {

constexpr std::string_view kBlanks = " \t\n\r\v\f";

bool is_key_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_.#/:").find(c) != std::string_view::npos;
}

// The three character classes of the parser's regular expressions. All of them hold everything
// from U+0080 to U+FFFF and, by an oversight that is kept, nothing beyond.
enum class Class { start, first_follow, second_follow };

bool is_in(Class wanted, char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x80) return byte < 0xF0;  // a lead byte from 0xF0 begins a character above U+FFFF
  switch (wanted) {
    case Class::start:
      return byte > 0x20 && std::string_view("\"',=[{").find(c) == std::string_view::npos;
    case Class::first_follow:
      if (std::string_view("\"',]}").find(c) != std::string_view::npos) return false;
      break;
    case Class::second_follow:
      if (std::string_view("\"',=").find(c) != std::string_view::npos) return false;
      break;
  }
  const bool blank = (byte >= 0x09 && byte <= 0x0D) || (byte >= 0x1C && byte <= 0x20);
  return byte > 0x20 || blank;
}

// Python's str.isspace.
bool is_python_space(char32_t c) noexcept {
  if (c <= 0x20) return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

void strip_right(std::string& text) {
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto next = decode_code_point(std::string_view(text).substr(at));
    at += next ? next->size : 1;
    if (!next || !is_python_space(next->value)) end = at;
  }
  text.resize(end);
}

// Every `from` by `to`, from left to right, none overlapping.
std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  while (true) {
    const std::size_t at = text.find(from);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    out += to;
    text.remove_prefix(at + from.size());
  }
}

// Every function takes one thing of the grammar, or is false and has said why in `fault_`.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  boost::system::result<std::vector<NamedValues>, CommandLineFault> parse() {
    std::vector<NamedValues> named;
    bool good = take_pair(named);
    while (good && !at_end()) good = expect(',', true) && take_pair(named);
    if (good) return named;
    return CommandLineFault{fault_ + " at character " +
                            std::to_string(count_code_points(text_.substr(0, fault_at_)) + 1) +
                            " of " + in_backticks(text_)};
  }

 private:
  [[nodiscard]] bool at_end() const noexcept { return at_ >= text_.size(); }
  [[nodiscard]] bool is_at(char c) const noexcept { return !at_end() && text_[at_] == c; }

  void skip_blanks() noexcept {
    at_ = std::min(text_.find_first_not_of(kBlanks, at_), text_.size());
  }

  // Cheap, because most of what is refused is tried again another way.
  bool refuse(std::string_view what) {
    fault_ = what;
    fault_at_ = at_;
    return false;
  }

  bool expect(char c, bool with_blanks) {
    if (with_blanks) skip_blanks();
    if (!is_at(c)) return refuse("expected `" + std::string(1, c) + '`');
    ++at_;
    if (with_blanks) skip_blanks();
    return true;
  }

  bool take_pair(std::vector<NamedValues>& named) {
    const std::size_t start = at_;
    while (!at_end() && is_key_character(text_[at_])) ++at_;
    NamedValues made{std::string(text_.substr(start, at_ - start)), {}};
    skip_blanks();
    if (is_at('@')) return refuse("`@=` reads a file inside a value; write the value itself,");
    if (!expect('=', true) || !take_values(made.values)) return false;
    if (!names_.insert(made.name).second) return refuse("a second `" + made.name + "`, before");
    named.push_back(std::move(made));
    return true;
  }

  bool take_values(std::vector<std::string>& values) {
    if (at_end()) {
      values.emplace_back();
      return true;
    }
    if (is_at('[')) return take_list(values);
    if (is_at('{')) return refuse_nested();
    return take_comma_list(values);
  }

  bool refuse_nested() { return refuse("a parameter is a list of strings, not what begins"); }

  // `a`, or `a,b,c`: as many values as there are before the next `name=`.
  bool take_comma_list(std::vector<std::string>& values) {
    if (!take_first(values.emplace_back())) return false;
    skip_blanks();
    if (!is_at(',')) return true;
    (void)expect(',', true);
    while (true) {
      std::string value;
      bool good = take_second(value);
      if (good) skip_blanks();
      const bool last = good && at_end();
      if (good && !last) good = expect(',', true);
      if (good) values.push_back(std::move(value));
      if (last) return true;
      if (good) continue;
      if (at_end()) return false;
      // Back to the comma before: what follows it was the name of the next pair. It may be a comma
      // inside quotes, as it is for the AWS CLI.
      while (text_[at_] != ',') --at_;
      return true;
    }
  }

  bool take_list(std::vector<std::string>& values) {
    (void)expect('[', true);
    while (!is_at(']')) {
      if (is_at('[') || is_at('{')) return refuse_nested();
      if (!take_first(values.emplace_back())) return false;
      skip_blanks();
      if (is_at(']')) break;
      if (!expect(',', false)) return false;
      skip_blanks();
    }
    ++at_;
    return true;
  }

  bool take_first(std::string& value) {
    if (is_at('\'') || is_at('"')) return take_quoted(value);
    (void)take_plain(Class::first_follow, value);  // nothing at all is the empty text
    return true;
  }

  bool take_second(std::string& value) {
    if (is_at('\'') || is_at('"')) return take_quoted(value);
    return take_plain(Class::second_follow, value) || refuse("expected a value");
  }

  // One character of the class, or an escaped comma; false at anything else.
  bool take_one(Class wanted) noexcept {
    if (text_.substr(at_).starts_with("\\,")) {
      at_ += 2;
      return true;
    }
    if (at_end() || !is_in(wanted, text_[at_])) return false;
    ++at_;
    while (!at_end() && (static_cast<unsigned char>(text_[at_]) & 0xC0U) == 0x80) ++at_;
    return true;
  }

  bool take_plain(Class follow, std::string& value) {
    const std::size_t start = at_;
    if (!take_one(Class::start)) return false;
    while (take_one(follow)) {
    }
    value = replaced(text_.substr(start, at_ - start), "\\,", ",");
    strip_right(value);
    return true;
  }

  // '(?:\\'|[^'])*' and the like with a regular expression's backtracking: up to the first quote
  // without a backslash before it; where there is none, up to the last one that has.
  bool take_quoted(std::string& value) {
    const char quote = text_[at_];
    std::size_t end = std::string_view::npos;
    for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
      const bool escaped = text_[i] == '\\' && i + 1 < text_.size() && text_[i + 1] == quote;
      if (escaped) end = ++i;
      if (!escaped && text_[i] == quote) {
        end = i;
        break;
      }
    }
    if (end == std::string_view::npos) return refuse("a quote is not closed that opens");
    const std::string bare(1, quote);
    value = replaced(text_.substr(at_ + 1, end - at_ - 1), '\\' + bare, bare);
    value = replaced(value, "\\\\", "\\");
    at_ = end + 1;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::unordered_set<std::string> names_;
  std::string fault_;
  std::size_t fault_at_ = 0;
};

}  // namespace

boost::system::result<std::vector<NamedValues>, CommandLineFault> parse_shorthand(
    std::string_view text) {
  return Parser(text).parse();
}

}  // namespace ssmgate::tools
