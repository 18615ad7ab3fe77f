#include "wire/json.hpp"

#include <algorithm>
#include <array>
#include <utility>

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

// True when one of them does not stand for itself.
bool any_odd(EightBytes bytes) noexcept {
  return (bytes.controls() | bytes.equal('"') | bytes.equal('\\') | bytes.above(0x7e)) != 0;
}

// How many bytes at the beginning stand for themselves.
std::size_t count_plain(std::string_view text) noexcept {
  constexpr std::size_t kStep = sizeof(EightBytes::word);
  const std::size_t size = text.size();
  std::size_t count = 0;
  while (size - count >= kStep && !any_odd(EightBytes::at(text.data() + count))) count += kStep;
  // The rest once more with what comes before it, which is known to be plain.
  const bool last = count > 0 && size - count < kStep;
  if (last && !any_odd(EightBytes::at(text.data() + size - kStep))) return size;
  while (count < size && kPlain[static_cast<unsigned char>(text[count])]) ++count;
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
  out += '"';
  append_json_escaped(out, text);
  out += '"';
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

std::string JsonObject::done() {
  std::string text = take_members();
  text.insert(0, 1, '{');
  text += '}';
  return text;
}

std::string JsonObject::take_members() {
  text_.resize(std::exchange(used_, 0));
  return std::exchange(text_, {});
}

void JsonObject::widen(std::size_t size) {
  text_.resize(std::max(used_ + size, 2 * text_.size()));
}

char* JsonObject::begin(JsonName name, std::size_t size) {
  const std::string_view text = name.text();
  char* at = room(text.size() + 4 + size);
  if (used_ != 0) *at++ = ',';
  *at++ = '"';
  at += text.copy(at, text.size());
  *at++ = '"';
  *at++ = ':';
  return at;
}

void JsonObject::begin_foreign(std::string_view name) {
  if (used_ != 0) append(",");
  const std::size_t plain = count_plain(name);
  append_quoted(room(plain + 2), name, plain);
  append(":");
}

void JsonObject::append(std::string_view text) {
  char* const at = room(text.size());
  end(at + text.copy(at, text.size()));
}

void JsonObject::append_quoted(char* at, std::string_view value, std::size_t plain) {
  *at++ = '"';
  at += value.copy(at, plain);
  if (plain == value.size()) *at++ = '"';
  end(at);
  if (plain == value.size()) return;
  std::string rest;
  append_json_escaped(rest, value.substr(plain));
  rest += '"';
  append(rest);
}

JsonObject& JsonObject::raw(JsonName name, std::string_view value) {
  char* const at = begin(name, value.size());
  end(at + value.copy(at, value.size()));
  return *this;
}

JsonObject& JsonObject::text(JsonName name, std::string_view value) {
  const std::size_t plain = count_plain(value);
  append_quoted(begin(name, plain + 2), value, plain);
  return *this;
}

JsonObject& JsonObject::text_or_null(JsonName name, const std::optional<std::string>& value) {
  return value ? text(name, *value) : raw(name, "null");
}

JsonObject& JsonObject::texts(JsonName name, const std::vector<std::string>& values) {
  end(begin(name, 0));
  return append_list(values);
}

JsonObject& JsonObject::texts_of(std::string_view name, const std::vector<std::string>& values) {
  begin_foreign(name);
  return append_list(values);
}

JsonObject& JsonObject::number_of(std::string_view name, std::int64_t value) {
  begin_foreign(name);
  append(std::to_string(value));
  return *this;
}

JsonObject& JsonObject::append_list(const std::vector<std::string>& values) {
  char separator = '[';
  for (const std::string& value : values) {
    const std::size_t plain = count_plain(value);
    char* const at = room(plain + 3);
    *at = separator;
    separator = ',';
    append_quoted(at + 1, value, plain);
  }
  append(values.empty() ? "[]" : "]");
  return *this;
}

}  // namespace ssmgate::wire
