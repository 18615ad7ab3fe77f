#include "sets/language.hpp"

#include <algorithm>

#include "names/ascii.hpp"
#include "ssmgate/names/glob.hpp"

namespace ssmgate::sets {
namespace {

// The places of a pattern that are reached: bit i says that pieces before i have taken the text.
void close(const Pattern& pattern, std::vector<char>& places) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (places[i] != 0 && pattern[i].repeats) places[i + 1] = 1;
  }
}

bool takes(const Piece& piece, char32_t c) noexcept {
  return piece.any || piece.set.find(c) != std::u32string::npos;
}

bool matches_pattern(const Pattern& pattern, std::u32string_view word) {
  std::vector<char> places(pattern.size() + 1, 0);
  places[0] = 1;
  close(pattern, places);
  for (const char32_t c : word) {
    std::vector<char> next(places.size(), 0);
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (places[i] != 0 && takes(pattern[i], c)) next[pattern[i].repeats ? i : i + 1] = 1;
    }
    close(pattern, next);
    places.swap(next);
  }
  return places.back() != 0;
}

Pattern pattern_of(std::u32string_view glob) {
  Pattern pattern;
  for (const char32_t c : glob) {
    const bool wild = c == U'*' || c == U'?';
    pattern.push_back({wild ? std::u32string() : std::u32string(1, c), wild, c == U'*'});
  }
  return pattern;
}

}  // namespace

std::u32string to_code_points(std::string_view utf8) {
  std::u32string out;
  out.reserve(utf8.size());
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t point = size == 1 ? lead : lead & (0xFFU >> (size + 1));
    for (std::size_t k = 1; k < size && i + k < utf8.size(); ++k) {
      point = point << 6U | (static_cast<unsigned char>(utf8[i + k]) & 0x3FU);
    }
    out += point;
    i += size;
  }
  return out;
}

std::string to_utf8(std::u32string_view text) {
  std::string out;
  const auto put = [&](char32_t byte) {
    out += static_cast<char>(static_cast<unsigned char>(byte));
  };
  for (const char32_t c : text) {
    if (c < 0x80) {
      put(c);
      continue;
    }
    const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    put((0xFF00U >> (more + 1) & 0xFFU) | c >> (6 * more));
    for (int k = more - 1; k >= 0; --k) put(0x80U | (c >> (6 * k) & 0x3FU));
  }
  return out;
}

Language language_of(const std::vector<std::string>& globs) {
  Language language;
  for (const std::string& glob : globs) {
    std::u32string text = to_code_points(glob);
    if (has_glob(glob)) {
      language.patterns.push_back(pattern_of(text));
    } else {
      language.texts.push_back(std::move(text));
    }
  }
  return language;
}

void append_text(Pattern& pattern, std::string_view text) {
  for (const char32_t c : to_code_points(text)) pattern.push_back({std::u32string(1, c)});
}

void append_text_in_any_case(Pattern& pattern, std::string_view text) {
  for (const char c : text) {
    std::u32string both(1, static_cast<char32_t>(ascii::to_lower(c)));
    if (ascii::is_lower(ascii::to_lower(c))) both += both[0] - U'a' + U'A';
    pattern.push_back({std::move(both)});
  }
}

void append_set(Pattern& pattern, std::string_view set, int times) {
  for (int i = 0; i < times; ++i) pattern.push_back({to_code_points(set)});
}

void append_run(Pattern& pattern, std::string_view set) {
  pattern.push_back({to_code_points(set), false, true});
}

void append_anything(Pattern& pattern) {
  pattern.push_back({{}, true, true});
}

bool matches(const Language& language, std::u32string_view word) {
  return std::find(language.texts.begin(), language.texts.end(), word) != language.texts.end() ||
         std::any_of(language.patterns.begin(), language.patterns.end(),
                     [&](const Pattern& pattern) { return matches_pattern(pattern, word); });
}

}  // namespace ssmgate::sets
