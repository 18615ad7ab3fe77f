#include "admin/json.hpp"

#include "wire/refusal.hpp"

namespace ssmgate::admin {

std::string json_text(std::string_view text) {
  return "\"" + wire::json_escape(text) + "\"";
}

std::string json_array(const std::vector<std::string>& values) {
  std::string text = "[";
  for (const std::string& value : values) {
    if (text.size() > 1) text += ',';
    text += value;
  }
  return text + "]";
}

JsonObject& JsonObject::raw(std::string_view name, std::string_view value) {
  if (text_.size() > 1) text_ += ',';
  text_ += json_text(name);
  text_ += ':';
  text_ += value;
  return *this;
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
  return raw(name, json_text(value));
}

JsonObject& JsonObject::text_or_null(std::string_view name,
                                     const std::optional<std::string>& value) {
  return raw(name, value ? json_text(*value) : "null");
}

JsonObject& JsonObject::texts(std::string_view name, const std::vector<std::string>& values) {
  std::vector<std::string> quoted;
  quoted.reserve(values.size());
  for (const std::string& value : values) quoted.push_back(json_text(value));
  return raw(name, json_array(quoted));
}

}  // namespace ssmgate::admin
