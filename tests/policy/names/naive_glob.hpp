// Globs by the definition, exponential: the reference of the tests and the fuzzer. ASCII only.
#pragma once

#include <string_view>

namespace naive {

inline bool glob_matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  const auto rest = pattern.substr(1);
  if (pattern[0] == '*') {
    for (std::size_t taken = 0; taken <= text.size(); ++taken) {
      if (glob_matches(rest, text.substr(taken))) return true;
    }
    return false;
  }
  if (text.empty() || (pattern[0] != '?' && pattern[0] != text[0])) return false;
  return glob_matches(rest, text.substr(1));
}

}  // namespace naive
