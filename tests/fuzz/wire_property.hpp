// What the fuzz targets of wire/ share: bytes that come in pieces. The size of a piece is made from
// the size of the input, so that a capture is a seed as it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "support/fuzz_check.hpp"

namespace ssmgate::fuzz {

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
