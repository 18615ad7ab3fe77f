// JSON text, built member by member. Pure ASCII: what came from outside is escaped.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssmgate::admin {

class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value);
  JsonObject& text_or_null(std::string_view name, const std::optional<std::string>& value);
  JsonObject& texts(std::string_view name, const std::vector<std::string>& values);
  JsonObject& number(std::string_view name, std::integral auto value) {
    return raw(name, std::to_string(value));
  }
  JsonObject& number_or_null(std::string_view name, std::optional<std::int64_t> value) {
    return raw(name, value ? std::to_string(*value) : "null");
  }
  JsonObject& truth(std::string_view name, bool value) {
    return raw(name, value ? "true" : "false");
  }
  // `value` is JSON.
  JsonObject& raw(std::string_view name, std::string_view value);

  // `{…}`
  [[nodiscard]] std::string done() const { return text_ + "}"; }

 private:
  std::string text_ = "{";
};

// `[…]` of values that are JSON.
[[nodiscard]] std::string json_array(const std::vector<std::string>& values);
// With the quotes.
[[nodiscard]] std::string json_text(std::string_view text);

}  // namespace ssmgate::admin
