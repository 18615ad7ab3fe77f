// Sets of words as lists of patterns, and the question whether some word lies in all of these sets
// and in none of those.
//
// Owns: the automaton. Does not own: which sets the names of AWS lie in (shapes.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ssmgate::sets {

// One code point out of a set, once or any number of times.
struct Piece {
  std::u32string set;
  bool any = false;  // every code point; `set` is empty
  bool repeats = false;
};

using Pattern = std::vector<Piece>;

// A word is in it when it is one of the texts or matches one of the patterns.
struct Language {
  std::vector<std::u32string> texts;
  std::vector<Pattern> patterns;
};

[[nodiscard]] std::u32string to_code_points(std::string_view utf8);
[[nodiscard]] std::string to_utf8(std::u32string_view text);

// The words that one of the globs matches.
[[nodiscard]] Language language_of(const std::vector<std::string>& globs);

// Pieces of patterns: `text` as it is, in any case, one of `set` so many times, or on and on.
void append_text(Pattern& pattern, std::string_view text);
void append_text_in_any_case(Pattern& pattern, std::string_view text);
void append_set(Pattern& pattern, std::string_view set, int times);
void append_run(Pattern& pattern, std::string_view set);
void append_anything(Pattern& pattern);

[[nodiscard]] bool matches(const Language& language, std::u32string_view word);

struct WordProblem {
  std::vector<const Language*> required;
  std::vector<const Language*> forbidden;
  std::size_t longest = 65535;  // in code points
};

enum class Answer : std::uint8_t { found, none, unknown };

struct WordAnswer {
  Answer answer = Answer::none;
  std::string word;  // of the shortest, when found
};

// Exact, but for `unknown`: the automaton has more states than the LIMIT of word_problem.cpp.
[[nodiscard]] WordAnswer find_word(const WordProblem& problem);

}  // namespace ssmgate::sets
