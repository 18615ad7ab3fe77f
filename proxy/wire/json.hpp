// JSON text, built member by member. Pure ASCII: what came from outside is escaped, so that nothing
// of it can end a line or reach a terminal.
#pragma once

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

  // A literal is a name, and nothing else can be.
  template <std::size_t Size>  // NOLINTNEXTLINE(google-explicit-constructor)
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
  explicit JsonObject(std::size_t size) : text_(size, '\0') {}
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;

  JsonObject& text(JsonName name, std::string_view value);
  JsonObject& text_or_null(JsonName name, const std::optional<std::string>& value);
  JsonObject& texts(JsonName name, const std::vector<std::string>& values);
  // Of a name that comes from outside.
  JsonObject& texts_of(std::string_view name, const std::vector<std::string>& values);
  JsonObject& number_of(std::string_view name, std::int64_t value);
  JsonObject& number(JsonName name, std::integral auto value) {
    constexpr std::size_t kDigits = 24;
    char* const at = begin(name, kDigits);
    end(std::to_chars(at, at + kDigits, value).ptr);
    return *this;
  }
  JsonObject& number_or_null(JsonName name, std::optional<std::int64_t> value) {
    return value ? number(name, *value) : raw(name, "null");
  }
  JsonObject& truth(JsonName name, bool value) { return raw(name, value ? "true" : "false"); }
  // `value` is JSON.
  JsonObject& raw(JsonName name, std::string_view value);

  // `{…}`. The object is used up.
  [[nodiscard]] std::string done();
  // Without the braces, for a line that goes on. The object is used up.
  [[nodiscard]] std::string take_members();

 private:
  // Where the next bytes go, with room for so many; they count once `end` has been told how far
  // they reach.
  char* room(std::size_t size) {
    if (text_.size() - used_ < size) widen(size);
    return text_.data() + used_;
  }
  void end(const char* at) noexcept { used_ = static_cast<std::size_t>(at - text_.data()); }
  void widen(std::size_t size);

  // Behind the name of a member, with room for so many bytes of its value.
  char* begin(JsonName name, std::size_t size);
  void begin_foreign(std::string_view name);
  void append(std::string_view text);
  // `plain` bytes of it stand for themselves.
  void append_quoted(char* at, std::string_view value, std::size_t plain);
  JsonObject& append_list(const std::vector<std::string>& values);

  // INVARIANT: as long as there is room, of which `used_` is the members' so far: to append to a
  // text that grows with each piece costs more than the pieces.
  std::string text_;
  std::size_t used_ = 0;
};

}  // namespace ssmgate::wire
