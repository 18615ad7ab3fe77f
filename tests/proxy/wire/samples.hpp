// What the tests of this folder share: the captures, and "however the bytes are split".
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "wire/head_scan.hpp"

namespace ssmgate::wire::samples {

// For literals that hold NUL bytes.
template <std::size_t N>
std::string bytes(const char (&literal)[N]) {
  return std::string(literal, N - 1);
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE_MESSAGE(in, "cannot read " << path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string capture(const std::string& name) {
  return read_file(std::filesystem::path(SSMGATE_TEST_DATA) / "captures" / (name + ".http"));
}

// Names of the captures that begin with `connect-`, or of all others.
inline std::vector<std::string> captures(bool connect) {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(SSMGATE_TEST_DATA) / "captures")) {
    const std::string name = entry.path().stem().string();
    if (name.starts_with("connect-") == connect) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

// `parse(bytes)`, after checking that every longer prefix is answered with need-more until one is
// answered as the whole is, and that a parser which remembers gives the same.
template <class Scan = HeadScan, class Parse, class Same, class Pending>
auto parse_every_way(const std::string& input, Parse parse, Same same, Pending pending) {
  const auto whole = parse(std::string_view(input), nullptr);
  Scan scan;
  bool settled = false;
  for (std::size_t size = 0; size <= input.size(); ++size) {
    const std::string prefix = input.substr(0, size);  // its own memory, for the sanitizers
    const auto fresh = parse(std::string_view(prefix), nullptr);
    if (!settled) {
      const auto resumed = parse(std::string_view(prefix), &scan);
      if (pending(fresh) != pending(resumed) || (!pending(fresh) && !same(fresh, resumed))) {
        FAIL_CHECK("resumed differently at byte " << size);
      }
    }
    if (settled && pending(fresh)) FAIL_CHECK("unsettled again at byte " << size);
    settled = settled || !pending(fresh);
    if (settled && !same(fresh, whole)) FAIL_CHECK("answered differently at byte " << size);
  }
  return whole;
}

}  // namespace ssmgate::wire::samples
