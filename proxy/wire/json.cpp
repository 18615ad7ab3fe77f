#include "wire/json.hpp"

#include <cstring>

#include "wire/utf8.hpp"

namespace ssmgate::wire {
namespace {

// By byte: true for what stands for itself in a string.
constexpr auto kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x7f; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

// Whether all of eight bytes stand for themselves.
// SOURCE: Bit Twiddling Hacks, "Determine if a word has a byte less than n", which tells of a whole
// word without a mistake.
bool are_plain(std::uint64_t word) noexcept {
  constexpr std::uint64_t kOnes = ~std::uint64_t{0} / 255;
  constexpr std::uint64_t kHighs = kOnes * 0x80;
  const auto has_zero = [](std::uint64_t bytes) { return (bytes - kOnes) & ~bytes & kHighs; };
  const std::uint64_t below_blank = (word - kOnes * 0x20) & ~word & kHighs;
  const std::uint64_t odd = has_zero(word ^ kOnes * '"') | has_zero(word ^ kOnes * '\\') |
                            has_zero(word ^ kOnes * 0x7f) | (word & kHighs);
  return (below_blank | odd) == 0;
}

std::size_t count_plain(std::string_view text) noexcept {
  std::size_t count = 0;
  for (std::uint64_t word = 0; text.size() - count >= sizeof word; count += sizeof word) {
    std::memcpy(&word, text.data() + count, sizeof word);
    if (!are_plain(word)) break;
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

void JsonObject::begin(std::string_view name) {
  if (!text_.empty()) text_ += ',';
  append_quoted(text_, name);
  text_ += ':';
}

JsonObject& JsonObject::raw(std::string_view name, std::string_view value) {
  begin(name);
  text_ += value;
  return *this;
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
  begin(name);
  append_quoted(text_, value);
  return *this;
}

JsonObject& JsonObject::text_or_null(std::string_view name,
                                     const std::optional<std::string>& value) {
  return value ? text(name, *value) : raw(name, "null");
}

JsonObject& JsonObject::texts(std::string_view name, const std::vector<std::string>& values) {
  begin(name);
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
