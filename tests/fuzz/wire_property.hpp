// What the fuzz targets of wire/ share: a broken property ends the run, and bytes come in pieces.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace ssmgate::fuzz {

inline void must(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", property);
  std::abort();
}

inline std::string_view view(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Calls `parse(prefix)` for growing prefixes, each in its own memory, until `settled(answer)`.
// Returns the last answer.
template <class Parse, class Settled>
auto in_pieces(std::string_view input, std::size_t step, Parse parse, Settled settled) {
  std::size_t size = 0;
  while (true) {
    const std::string prefix(input.substr(0, size));
    auto answer = parse(std::string_view(prefix));
    if (settled(answer) || size == input.size()) return answer;
    size = size + step < input.size() ? size + step : input.size();
  }
}

}  // namespace ssmgate::fuzz
