// Languages and the automaton over them, against plain enumeration and against the parsers of
// names.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "request/operations.hpp"
#include "sets/shapes.hpp"
#include "ssmgate/names/document.hpp"
#include "ssmgate/names/glob.hpp"
#include "ssmgate/names/host.hpp"
#include "ssmgate/names/port.hpp"
#include "ssmgate/names/target.hpp"
#include "ssmgate/request/credential.hpp"

using namespace ssmgate;
using namespace ssmgate::sets;

namespace {

class Random {
 public:
  explicit Random(unsigned seed) : random_(seed) {}
  std::size_t below(std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_);
  }
  std::string word(std::string_view alphabet, std::size_t longest) {
    std::string out;
    for (std::size_t left = below(longest + 1); left > 0; --left) {
      out += alphabet[below(alphabet.size())];
    }
    return out;
  }
  std::vector<std::string> globs(std::string_view alphabet) {
    std::vector<std::string> out;
    do {
      out.push_back(word(alphabet, 5));
    } while (below(2) == 0);
    return out;
  }

 private:
  std::mt19937 random_;
};

using Lists = std::vector<std::vector<std::string>>;

bool in(const std::vector<std::string>& globs, std::string_view word) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return glob_matches(glob, word); });
}

bool fits(const Lists& required, const Lists& forbidden, std::string_view word) {
  return std::all_of(required.begin(), required.end(),
                     [&](const auto& g) { return in(g, word); }) &&
         std::none_of(forbidden.begin(), forbidden.end(),
                      [&](const auto& g) { return in(g, word); });
}

// The length of the shortest word over a, b and z, which no glob mentions, up to `longest`.
std::size_t shortest(const Lists& required, const Lists& forbidden, std::size_t longest) {
  std::vector<std::string> words{""};
  for (std::size_t length = 0; length <= longest; ++length) {
    for (const std::string& word : words) {
      if (fits(required, forbidden, word)) return length;
    }
    std::vector<std::string> longer;
    for (const std::string& word : words) {
      for (const char c : {'a', 'b', 'z'}) longer.push_back(word + c);
    }
    words = std::move(longer);
  }
  return longest + 1;
}

WordAnswer ask(const Lists& required, const Lists& forbidden, std::size_t longest) {
  std::vector<Language> languages;
  languages.reserve(required.size() + forbidden.size());
  WordProblem problem;
  problem.longest = longest;
  for (const auto& globs : required) {
    problem.required.push_back(&languages.emplace_back(language_of(globs)));
  }
  for (const auto& globs : forbidden) {
    problem.forbidden.push_back(&languages.emplace_back(language_of(globs)));
  }
  return find_word(problem);
}

bool is_host_name(const std::string& text) {
  const std::u32string word = to_code_points(text);
  return matches(host_shape(), word) && !matches(ill_formed_hosts(), word) &&
         !matches(hosts_with_long_label(), word);
}

}  // namespace

TEST_CASE("a word is found exactly where plain enumeration finds one and is as short") {
  Random random(1);
  constexpr std::size_t kLongest = 5;
  int found = 0;
  for (int i = 0; i < 1500; ++i) {
    Lists required, forbidden;
    for (std::size_t k = random.below(3); k > 0; --k) required.push_back(random.globs("ab*?"));
    for (std::size_t k = random.below(4); k > 0; --k) forbidden.push_back(random.globs("ab*?"));
    CAPTURE(required);
    CAPTURE(forbidden);
    const WordAnswer answer = ask(required, forbidden, kLongest);
    const std::size_t want = shortest(required, forbidden, kLongest);
    REQUIRE(answer.answer != Answer::unknown);
    REQUIRE((answer.answer == Answer::found) == (want <= kLongest));
    if (answer.answer != Answer::found) continue;
    ++found;
    REQUIRE(fits(required, forbidden, answer.word));
    const bool list = std::any_of(required.begin(), required.end(), [](const auto& globs) {
      return std::none_of(globs.begin(), globs.end(), [](const auto& g) { return has_glob(g); });
    });
    if (!list) REQUIRE(answer.word.size() == want);
  }
  CHECK(found > 300);
  CHECK(found < 1450);
}

TEST_CASE("a question mark is one code point and other letters are kept apart") {
  CHECK(ask({{"?"}}, {{"a"}}, 5).word.size() >= 1);
  CHECK(ask({{"\xC3\xA9?"}}, {}, 5).word ==
        "\xC3\xA9"
        "a");
  CHECK(ask({{"?"}, {"\xF0\x9F\x98\x80*"}}, {}, 5).word == "\xF0\x9F\x98\x80");
  CHECK(ask({{"??"}, {"\xC3\xA9"}}, {}, 5).answer == Answer::none);
  for (const std::string_view text : {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
    CHECK(to_utf8(to_code_points(text)) == text);
  }
}

TEST_CASE("many forbidden texts do not hide the word that is left") {
  std::vector<std::string> all;
  for (const char a : std::string_view("abcdefgh")) {
    for (const char b : std::string_view("abcdefgh")) all.push_back({a, b});
  }
  CHECK(ask({{"??"}}, {all}, 5).answer == Answer::found);
  Pattern pattern;
  append_set(pattern, "abcdefgh", 2);
  const Language pairs{{}, {pattern}};
  Language but_one = language_of(all);
  CHECK(find_word({{&pairs}, {&but_one}, 5}).answer == Answer::none);
  std::erase(but_one.texts, U"fc");
  CHECK(find_word({{&pairs}, {&but_one}, 5}).word == "fc");
}

TEST_CASE("the shapes are those of the parsers") {
  Random random(2);
  for (int i = 0; i < 20000; ++i) {
    std::string target = random.word("im-ecs:a0_", 12);
    if (random.below(2) == 0) {
      target = (random.below(2) == 0 ? "i-" : "mi-") + std::string(7 + random.below(12), 'a');
    }
    REQUIRE(matches(target_shape(), to_code_points(target)) == parse_target(target).has_value());
    const std::string port = random.word("0123456", 6);
    REQUIRE(matches(port_texts(), to_code_points(port)) == parse_local_port(port).has_value());
    const std::string host = random.word("ab0x1-_.", 9);
    const auto parsed = parse_host(host);
    const bool name = parsed && !parsed->is_address() && parsed->name() == host;
    CAPTURE(host);
    REQUIRE(is_host_name(host) == name);
  }
  CHECK(is_host_name(std::string(63, 'a') + ".b"));
  CHECK_FALSE(is_host_name(std::string(64, 'a') + ".b"));
}

TEST_CASE("the names of documents are those of the parser") {
  Random random(3);
  for (int i = 0; i < 20000; ++i) {
    std::string name = random.word("awsAMZNmazon-", 9);
    if (random.below(8) == 0) name = "AWS-StartSSHSession";
    if (random.below(8) == 0) name = "ssm-SessionManagerRunShell";
    const std::u32string word = to_code_points(name);
    const auto parsed = parse_document(name, Place{});
    const bool exact = find_catalogued(name) != nullptr || name == "SSM-SessionManagerRunShell";
    const bool shaped =
        matches(name_shape(), word) && (exact || !matches(catalogued_in_any_case(), word));
    CAPTURE(name);
    REQUIRE(shaped == parsed.has_value());
    if (!parsed) continue;
    REQUIRE(matches(reserved_names(), word) == (parsed->owner() == Document::Owner::aws));
  }
}

TEST_CASE("access keys carry the accounts that their bits say") {
  Random random(4);
  const std::string base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  int carrying = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string key = random.below(9) == 0 ? "AXIA" : random.below(2) == 0 ? "AKIA" : "ASIA";
    // Close to the greatest account, whose first digits are "5DKSB".
    const std::string_view front = "5DKSBKKABBA";
    key += front.substr(0, random.below(front.size()));
    while (key.size() < 20) key += base32[random.below(32)];
    if (random.below(20) == 0) key += 'A';
    const auto account = find_account(key);
    const std::u32string word = to_code_points(key);
    CAPTURE(key);
    REQUIRE(matches(keys_with_account(), word) == account.has_value());
    if (!account) continue;
    ++carrying;
    REQUIRE(matches(keys_of_account(*account), word));
    const std::string other = *account == "111122223333" ? "999988887777" : "111122223333";
    REQUIRE_FALSE(matches(keys_of_account(other), word));
  }
  CHECK(carrying > 1000);
  for (const std::string_view account : {"000000000000", "999999999999", "609629065308"}) {
    const Language keys = keys_of_account(account);
    const WordAnswer answer = find_word({{&keys}, {}, 20});
    CHECK(find_account(answer.word) == account);
  }
}

TEST_CASE("known operations are of the shape") {
  for (const std::string_view name : known_operations()) {
    CHECK(matches(operation_shape(), to_code_points(name)));
  }
}
