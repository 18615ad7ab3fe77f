// JSON text, built member by member. Pure ASCII: what came from outside is escaped, so that nothing
// of it can end a line or reach a terminal.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssmgate::wire {

// Appends `text` as the content of a JSON string, without the quotes. What is no UTF-8 becomes
// U+FFFD, byte by byte.
void append_json_escaped(std::string& out, std::string_view text);
[[nodiscard]] std::string json_escape(std::string_view text);
// With the quotes.
[[nodiscard]] std::string json_text(std::string_view text);
// `[…]` of values that are JSON.
[[nodiscard]] std::string json_array(const std::vector<std::string>& values);

// The name of a member as the source code writes it: one that stands for itself.
class JsonName {
 public:
  static constexpr std::size_t kLongest = 40;

  template <std::size_t Size>
  // A literal is a name, and nothing else can be. NOLINTNEXTLINE(google-explicit-constructor)
  consteval JsonName(const char (&literal)[Size]) : text_(literal, Size - 1) {
    if (text_.size() > kLongest) throw "a name longer than any there was";
    for (const char c : text_) {
      if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') throw "a name that needs an escape";
    }
  }
  [[nodiscard]] constexpr std::string_view text() const noexcept { return text_; }

 private:
  std::string_view text_;
};

class JsonObject {
 public:
  JsonObject() = default;
  // With room for a text of that many bytes.
  explicit JsonObject(std::size_t size) { text_.reserve(size); }

  JsonObject& text(JsonName name, std::string_view value);
  JsonObject& text_or_null(JsonName name, const std::optional<std::string>& value);
  JsonObject& texts(JsonName name, const std::vector<std::string>& values);
  // Of a name that comes from outside.
  JsonObject& texts_of(std::string_view name, const std::vector<std::string>& values);
  JsonObject& number_of(std::string_view name, std::int64_t value);
  JsonObject& number(JsonName name, std::integral auto value) {
    std::array<char, 24> digits;
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    return raw(name, std::string_view(digits.data(), written.ptr));
  }
  JsonObject& number_or_null(JsonName name, std::optional<std::int64_t> value) {
    return value ? number(name, *value) : raw(name, "null");
  }
  JsonObject& truth(JsonName name, bool value) { return raw(name, value ? "true" : "false"); }
  // `value` is JSON.
  JsonObject& raw(JsonName name, std::string_view value);

  // `{…}`. The object is used up.
  [[nodiscard]] std::string done() {
    text_.insert(0, 1, '{');
    text_ += '}';
    return std::move(text_);
  }
  // Without the braces, for a line that goes on. The object is used up.
  [[nodiscard]] std::string take_members() { return std::move(text_); }

 private:
  // The member's name, and at most one character of its value.
  void begin(JsonName name, std::string_view value);
  void begin_foreign(std::string_view name);
  JsonObject& append_list(const std::vector<std::string>& values);

  std::string text_;
};

}  // namespace ssmgate::wire
