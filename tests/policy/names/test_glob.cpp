// Globs, against a recursive matcher that follows the definition word by word.
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "policy/names/naive_glob.hpp"
#include "ssmgate/names/glob.hpp"

using namespace ssmgate;

namespace {

// Every string over `alphabet` of at most `size` letters.
std::vector<std::string> all_strings(const std::string& alphabet, std::size_t size) {
  std::vector<std::string> all{""};
  for (std::size_t begin = 0, length = 0; length < size; ++length) {
    const std::size_t end = all.size();
    for (; begin < end; ++begin) {
      for (const char c : alphabet) all.push_back(all[begin] + c);
    }
  }
  return all;
}

}  // namespace

TEST_CASE("globs by example") {
  CHECK(glob_matches("", ""));
  CHECK(!glob_matches("", "a"));
  CHECK(glob_matches("*", ""));
  CHECK(glob_matches("AWS-*", "AWS-"));
  CHECK(!glob_matches("AWS-*", "aws-x"));
  CHECK(!glob_matches("a", "a\n"));
  CHECK(glob_matches("*a*b*c*", "xxaxxbxxcxx"));
  CHECK(!glob_matches("[a]", "a"));
  CHECK(glob_matches("[a]", "[a]"));
  CHECK(glob_matches("\\*", "\\anything"));
  CHECK(glob_matches("a*", "a\nb"));
}

TEST_CASE("a question mark takes one code point") {
  CHECK(glob_matches("?", "\xC3\xA9"));
  CHECK(!glob_matches("??", "\xC3\xA9"));
  CHECK(!glob_matches("*??", "\xE2\x82\xAC"));
  CHECK(!glob_matches("*?*?*", "\xF0\x9F\x98\x80"));
  CHECK(glob_matches("?\xE2\x82\xAC?",
                     "\xC3\xA9\xE2\x82\xAC"
                     "a"));
  CHECK(!glob_matches("?", ""));
}

TEST_CASE("globs agree with the naive matcher on all short inputs") {
  const auto patterns = all_strings("ab*?", 5);
  const auto texts = all_strings("ab", 5);
  for (const auto& pattern : patterns) {
    for (const auto& text : texts) {
      if (glob_matches(pattern, text) != naive::glob_matches(pattern, text)) {
        FAIL_CHECK("pattern ", pattern, " text ", text);
      }
    }
  }
}

TEST_CASE("intersection agrees with a search for a witness") {
  const auto patterns = all_strings("a*?b", 3);
  const auto texts = all_strings("abc", 6);
  int none = 0;
  std::vector<std::vector<bool>> table;
  for (const auto& pattern : patterns) {
    auto& row = table.emplace_back();
    for (const auto& text : texts) row.push_back(glob_matches(pattern, text));
  }
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    for (std::size_t j = 0; j < patterns.size(); ++j) {
      bool witness = false;
      for (std::size_t t = 0; t < texts.size() && !witness; ++t)
        witness = table[i][t] && table[j][t];
      none += witness ? 0 : 1;
      if (globs_intersect(patterns[i], patterns[j]) != witness) {
        FAIL_CHECK("patterns ", patterns[i], " and ", patterns[j]);
      }
    }
  }
  CHECK(none > 100);
}

TEST_CASE("intersection compares code points") {
  CHECK(globs_intersect("?x*", "*\xC3\xA9x"));
  CHECK(!globs_intersect("?", "??"));
  CHECK(!globs_intersect("?*a", "\xC3\xA9*b"));
}

TEST_CASE("a hostile pattern takes no exponential time") {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  pattern += "b";
  CHECK(!glob_matches(pattern, std::string(20'000, 'a')));
}
