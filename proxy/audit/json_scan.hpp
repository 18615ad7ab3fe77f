// The members of a JSON object, found in one pass over its text: a million lines of an audit log
// are looked at for the few that are asked for, and building a tree of each would take most of the
// time.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "wire/utf8.hpp"

namespace ssmgate::audit {

// LIMIT: an audit record nests three deep; a damaged one must not recurse without end.
inline constexpr int kMaxDepth = 16;

// A cursor over JSON text. Every function returns whether what it was asked for stood there, and
// moves behind it.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  [[nodiscard]] const char* at() const noexcept { return at_; }
  [[nodiscard]] bool done() const noexcept { return at_ == end_; }

  void blanks() noexcept {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r' || *at_ == '\n')) ++at_;
  }

  [[nodiscard]] bool take(char c) noexcept {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  [[nodiscard]] bool string() noexcept {
    if (!take('"')) return false;
    while (true) {
      while (at_ != end_ && kPlain[static_cast<unsigned char>(*at_)]) ++at_;
      if (at_ == end_) return false;
      if (*at_ == '"') {
        ++at_;
        return true;
      }
      if (!(*at_ == '\\' ? escape() : beyond_ascii())) return false;
    }
  }

  [[nodiscard]] bool value(int depth) noexcept {
    if (at_ == end_ || depth > kMaxDepth) return false;
    switch (*at_) {
      case '"': return string();
      case '{': return object(depth, [](std::string_view, std::string_view) {});
      case '[': return array(depth);
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      default: return number();
    }
  }

  // `member` gets each key without its quotes, its escapes as written, and the value as written.
  template <class Member>
  [[nodiscard]] bool object(int depth, const Member& member) {
    if (!take('{')) return false;
    blanks();
    if (take('}')) return true;
    while (true) {
      const char* const key = at_ + 1;
      if (!string()) return false;
      const std::string_view name(key, static_cast<std::size_t>(at_ - key - 1));
      blanks();
      if (!take(':')) return false;
      blanks();
      const char* const begin = at_;
      if (!value(depth + 1)) return false;
      member(name, std::string_view(begin, static_cast<std::size_t>(at_ - begin)));
      blanks();
      if (take('}')) return true;
      if (!take(',')) return false;
      blanks();
    }
  }

 private:
  // Bytes that stand for themselves inside a string.
  static constexpr std::array<bool, 256> kPlain = [] {
    std::array<bool, 256> plain{};
    for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
    return plain;
  }();

  [[nodiscard]] bool array(int depth) noexcept {
    if (!take('[')) return false;
    blanks();
    if (take(']')) return true;
    while (true) {
      if (!value(depth + 1)) return false;
      blanks();
      if (take(']')) return true;
      if (!take(',')) return false;
      blanks();
    }
  }

  [[nodiscard]] bool escape() noexcept {
    ++at_;
    if (at_ == end_) return false;
    const char kind = *at_++;
    if (kind != 'u') return std::string_view("\"\\/bfnrt").find(kind) != std::string_view::npos;
    for (int digit = 0; digit < 4; ++digit, ++at_) {
      if (at_ == end_ || !is_hex(*at_)) return false;
    }
    return true;
  }

  [[nodiscard]] bool beyond_ascii() noexcept {
    if (static_cast<unsigned char>(*at_) < 0x80) return false;  // a control character
    const auto point = wire::decode_utf8({at_, static_cast<std::size_t>(end_ - at_)});
    if (point.size == 1) return false;
    at_ += point.size;
    return true;
  }

  [[nodiscard]] bool word(std::string_view word) noexcept {
    if (static_cast<std::size_t>(end_ - at_) < word.size()) return false;
    if (std::string_view(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  [[nodiscard]] bool digits() noexcept {
    const char* const begin = at_;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ != begin;
  }

  [[nodiscard]] bool number() noexcept {
    (void)take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) (void)take('-');
    return digits();
  }

  static bool is_hex(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }

  const char* at_;
  const char* end_;
};

// True when `text` is one JSON object and nothing else; `member` has then seen its members in
// order.
template <class Member>
[[nodiscard]] bool scan_json_object(std::string_view text, const Member& member) {
  JsonScanner in(text);
  in.blanks();
  if (!in.object(1, member)) return false;
  in.blanks();
  return in.done();
}

}  // namespace ssmgate::audit
