#include "tools/json_text.hpp"

#include <cstdint>

namespace ssmgate::tools {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Walks over JSON text. Every `skip_` takes one thing, or returns false and stays anywhere.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) {}

  [[nodiscard]] std::size_t at() const noexcept { return at_; }
  [[nodiscard]] bool done() const noexcept { return at_ == text_.size(); }
  [[nodiscard]] std::string_view since(std::size_t start) const noexcept {
    return text_.substr(start, at_ - start);
  }

  void skip_blanks() noexcept {
    at_ = std::min(text_.find_first_not_of(kBlanks, at_), text_.size());
  }

  bool take(char c) noexcept {
    if (done() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool skip_string() noexcept {
    if (!take('"')) return false;
    while (!done()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\' && !skip_escape()) return false;
    }
    return false;
  }

  // One value with everything inside it.
  bool skip_value() {
    std::string open;  // the closing brackets that are owed
    while (true) {
      skip_blanks();
      if (!skip_one(open)) return false;
      // Behind a value: close what ends here, then a comma must follow inside a bracket.
      while (!open.empty()) {
        skip_blanks();
        if (fresh_) {
          fresh_ = false;
          break;
        }
        if (take(open.back())) {
          open.pop_back();
        } else if (take(',')) {
          if (open.back() == '}' && !skip_key()) return false;
          break;
        } else {
          return false;
        }
      }
      if (open.empty()) return true;
    }
  }

  bool skip_key() noexcept {
    skip_blanks();
    if (!skip_string()) return false;
    skip_blanks();
    return take(':');
  }

 private:
  // A scalar, an empty collection, or the beginning of one up to its first value (`fresh_`).
  bool skip_one(std::string& open) {
    if (done()) return false;
    const char c = text_[at_];
    if (c == '"') return skip_string();
    if (c != '{' && c != '[') return skip_literal() || skip_number();
    ++at_;
    skip_blanks();
    const char close = c == '{' ? '}' : ']';
    if (take(close)) return true;
    open += close;
    fresh_ = true;
    return c == '[' || skip_key();
  }

  bool skip_escape() noexcept {
    if (done()) return false;
    const char c = text_[at_++];
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    for (int i = 0; i < 4; ++i) {
      if (done() || hex_value(text_[at_++]) < 0) return false;
    }
    return true;
  }

  bool skip_literal() noexcept {
    for (const std::string_view word : {"true", "false", "null"}) {
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return true;
      }
    }
    return false;
  }

  bool skip_digits() noexcept {
    const std::size_t start = at_;
    while (!done() && is_digit(text_[at_])) ++at_;
    return at_ > start;
  }

  bool skip_number() noexcept {
    (void)take('-');
    if (!take('0') && !skip_digits()) return false;
    if (take('.') && !skip_digits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) (void)take('-');
    return skip_digits();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool fresh_ = false;
};

void append_utf8(std::string& out, char32_t c) {
  const auto push = [&](char32_t byte) {
    out += static_cast<char>(static_cast<unsigned char>(byte));
  };
  if (c < 0x80) {
    push(c);
  } else if (c < 0x800) {
    push(0xC0 | (c >> 6));
    push(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    push(0xE0 | (c >> 12));
    push(0x80 | ((c >> 6) & 0x3F));
    push(0x80 | (c & 0x3F));
  } else {
    push(0xF0 | (c >> 18));
    push(0x80 | ((c >> 12) & 0x3F));
    push(0x80 | ((c >> 6) & 0x3F));
    push(0x80 | (c & 0x3F));
  }
}

// The four digits at `at`, which the grammar has checked.
char32_t hex4(std::string_view text, std::size_t at) noexcept {
  char32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value = value * 16 + static_cast<char32_t>(hex_value(text[at + i]));
  }
  return value;
}

char simple_escape(char c) noexcept {
  switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;
  }
}

// Appends what the escape behind the backslash at `at` stands for; returns the index behind it.
std::size_t append_escape(std::string& out, std::string_view text, std::size_t at) {
  if (text[at + 1] != 'u') {
    out += simple_escape(text[at + 1]);
    return at + 2;
  }
  char32_t c = hex4(text, at + 2);
  at += 6;
  const bool high = c >= 0xD800 && c <= 0xDBFF;
  if (high && text.substr(at).starts_with("\\u")) {
    const char32_t low = hex4(text, at + 2);
    if (low >= 0xDC00 && low <= 0xDFFF) {
      c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
      at += 6;
    }
  }
  append_utf8(out, c);
  return at;
}

}  // namespace

std::optional<std::vector<JsonMember>> split_json_object(std::string_view text) {
  Walker walker(text);
  std::vector<JsonMember> members;
  walker.skip_blanks();
  if (!walker.take('{')) return std::nullopt;
  walker.skip_blanks();
  bool more = !walker.take('}');
  while (more) {
    walker.skip_blanks();
    const std::size_t key = walker.at();
    if (!walker.skip_string()) return std::nullopt;
    std::string name = unescape_json_string(walker.since(key)).value_or("");
    walker.skip_blanks();
    if (!walker.take(':')) return std::nullopt;
    walker.skip_blanks();
    const std::size_t value = walker.at();
    if (!walker.skip_value()) return std::nullopt;
    members.push_back({std::move(name), walker.since(value)});
    walker.skip_blanks();
    more = walker.take(',');
    if (!more && !walker.take('}')) return std::nullopt;
  }
  walker.skip_blanks();
  if (!walker.done()) return std::nullopt;
  return members;
}

std::optional<std::vector<std::string_view>> split_json_array(std::string_view value) {
  Walker walker(value);
  if (!walker.take('[')) return std::nullopt;
  std::vector<std::string_view> elements;
  walker.skip_blanks();
  if (walker.take(']')) return elements;
  while (true) {
    walker.skip_blanks();
    const std::size_t start = walker.at();
    if (!walker.skip_value()) return std::nullopt;
    elements.push_back(walker.since(start));
    walker.skip_blanks();
    if (walker.take(']')) return elements;
    if (!walker.take(',')) return std::nullopt;
  }
}

std::optional<std::string> unescape_json_string(std::string_view value) {
  if (!value.starts_with('"')) return std::nullopt;
  const std::string_view text = value.substr(1, value.size() - 2);
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t plain = std::min(text.find('\\', at), text.size());
    out += text.substr(at, plain - at);
    at = plain < text.size() ? append_escape(out, text, plain) : plain;
  }
  return out;
}

bool is_json_number(std::string_view text) {
  if (text.empty() || !(is_digit(text[0]) || text[0] == '-')) return false;
  Walker walker(text);
  return walker.skip_value() && walker.done();
}

}  // namespace ssmgate::tools
