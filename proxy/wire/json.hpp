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

class JsonObject {
 public:
  JsonObject() = default;
  // With room for a text of that many bytes.
  explicit JsonObject(std::size_t size) { text_.reserve(size); }

  JsonObject& text(std::string_view name, std::string_view value);
  JsonObject& text_or_null(std::string_view name, const std::optional<std::string>& value);
  JsonObject& texts(std::string_view name, const std::vector<std::string>& values);
  JsonObject& number(std::string_view name, std::integral auto value) {
    std::array<char, 24> digits;
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    return raw(name, std::string_view(digits.data(), written.ptr));
  }
  JsonObject& number_or_null(std::string_view name, std::optional<std::int64_t> value) {
    return value ? number(name, *value) : raw(name, "null");
  }
  JsonObject& truth(std::string_view name, bool value) {
    return raw(name, value ? "true" : "false");
  }
  // `value` is JSON.
  JsonObject& raw(std::string_view name, std::string_view value);

  // `{…}`
  [[nodiscard]] std::string done() const { return "{" + text_ + "}"; }
  // Without the braces, for a line that goes on. The object is used up.
  [[nodiscard]] std::string take_members() { return std::move(text_); }

 private:
  void begin(std::string_view name);

  std::string text_;
};

}  // namespace ssmgate::wire
