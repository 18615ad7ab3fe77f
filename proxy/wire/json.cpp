#include "wire/json.hpp"

#include "wire/eight_bytes.hpp"
#include "wire/utf8.hpp"

namespace ssmgate::wire {
namespace {

// By byte: true for what stands for itself in a string.
constexpr auto kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x7f; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

std::uint64_t marks_odd(EightBytes bytes) noexcept {
  return bytes.controls() | bytes.equal('"') | bytes.equal('\\') | bytes.equal(0x7f) |
         bytes.foreign();
}

// How many bytes at the beginning stand for themselves.
std::size_t count_plain(std::string_view text) noexcept {
  constexpr std::size_t kStep = sizeof(EightBytes::word);
  std::size_t count = 0;
  for (; text.size() - count >= kStep; count += kStep) {
    const std::uint64_t odd = marks_odd(EightBytes::at(text.data() + count));
    if (odd != 0) return count + EightBytes::first(odd);
  }
  // The rest once more with what comes before it, which is known to be plain.
  if (count > 0 && count < text.size()) {
    const std::size_t back = text.size() - kStep;
    const std::uint64_t odd = marks_odd(EightBytes::at(text.data() + back));
    return odd == 0 ? text.size() : back + EightBytes::first(odd);
  }
  while (count < text.size() && kPlain[static_cast<unsigned char>(text[count])]) ++count;
  return count;
}

void append_unit(std::uint32_t unit, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[(unit >> shift) & 0xf];
}

void append_code_point(std::uint32_t point, std::string& out) {
  if (point < 0x10000) return append_unit(point, out);
  append_unit(0xd800 + ((point - 0x10000) >> 10), out);
  append_unit(0xdc00 + ((point - 0x10000) & 0x3ff), out);
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  append_json_escaped(out, text);
  out += '"';
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) {
  for (;;) {
    const std::size_t plain = count_plain(text);
    out.append(text.data(), plain);
    text.remove_prefix(plain);
    if (text.empty()) return;
    if (text.front() == '"' || text.front() == '\\') {
      (out += '\\') += text.front();
      text.remove_prefix(1);
      continue;
    }
    const CodePoint decoded = decode_utf8(text);
    append_code_point(decoded.value, out);
    text.remove_prefix(decoded.size);
  }
}

std::string json_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  append_json_escaped(out, text);
  return out;
}

std::string json_text(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  append_quoted(out, text);
  return out;
}

std::string json_array(const std::vector<std::string>& values) {
  std::string text = "[";
  for (const std::string& value : values) {
    if (text.size() > 1) text += ',';
    text += value;
  }
  return text + "]";
}

void JsonObject::begin(JsonName name, std::string_view value) {
  std::array<char, JsonName::kLongest + 8> start;
  const std::string_view text = name.text();
  char* at = start.data();
  if (!text_.empty()) *at++ = ',';
  *at++ = '"';
  at += text.copy(at, text.size());
  *at++ = '"';
  *at++ = ':';
  at += value.copy(at, 1);
  text_.append(start.data(), at);
}

void JsonObject::begin_foreign(std::string_view name) {
  if (!text_.empty()) text_ += ',';
  append_quoted(text_, name);
  text_ += ':';
}

JsonObject& JsonObject::raw(JsonName name, std::string_view value) {
  begin(name, "");
  text_ += value;
  return *this;
}

JsonObject& JsonObject::text(JsonName name, std::string_view value) {
  begin(name, "\"");
  append_json_escaped(text_, value);
  text_ += '"';
  return *this;
}

JsonObject& JsonObject::text_or_null(JsonName name, const std::optional<std::string>& value) {
  return value ? text(name, *value) : raw(name, "null");
}

JsonObject& JsonObject::texts(JsonName name, const std::vector<std::string>& values) {
  begin(name, "");
  return append_list(values);
}

JsonObject& JsonObject::texts_of(std::string_view name, const std::vector<std::string>& values) {
  begin_foreign(name);
  return append_list(values);
}

JsonObject& JsonObject::number_of(std::string_view name, std::int64_t value) {
  begin_foreign(name);
  text_ += std::to_string(value);
  return *this;
}

JsonObject& JsonObject::append_list(const std::vector<std::string>& values) {
  char separator = '[';
  for (const std::string& value : values) {
    text_ += separator;
    separator = ',';
    append_quoted(text_, value);
  }
  if (values.empty()) text_ += '[';
  text_ += ']';
  return *this;
}

}  // namespace ssmgate::wire
