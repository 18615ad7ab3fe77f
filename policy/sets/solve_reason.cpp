// `reason`: regular expressions, which are not taken apart. A text that is tried and passes is
// certain; that none passes proves nothing, unless the same expression is wanted and unwanted,
// which the search sees before it asks.
#include <algorithm>
#include <array>

#include <re2/re2.h>

#include "sets/solve.hpp"

namespace ssmgate::sets {
namespace {

constexpr std::size_t kMaxReason = 256;  // code points, as the API's model has it
constexpr int kMaxSample = 60;

bool is_sound_reason(const std::string& text) {
  const std::u32string points = to_code_points(text);
  return !points.empty() && points.size() <= kMaxReason &&
         std::none_of(points.begin(), points.end(), [](char32_t c) {
           return c < 0x20 || c == 0x7F || c == 0x85 || c == 0x2028 || c == 0x2029;
         });
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return ' ' <= c && c <= '~'; });
}

}  // namespace

std::vector<std::string> sample_texts(const RegexCriterion& regex) {
  std::vector<std::string> texts;
  re2::RE2::Options options;
  options.set_log_errors(false);
  // Anchored, an expression has a least and a greatest text, whose beginnings RE2 tells.
  const re2::RE2 anchored("^(?:" + regex.text + ")", options);
  std::string least, greatest;
  for (const re2::RE2* one : {regex.compiled.get(), &anchored}) {
    if (!one->ok()) continue;
    for (const int length : {kMaxSample, 16, 8, 4}) {
      if (!one->PossibleMatchRange(&least, &greatest, length)) continue;
      for (std::string* text : {&least, &greatest}) {
        if (is_ascii(*text)) texts.push_back(*text);
      }
    }
  }
  // The expression's own letters, with what is special in it left out, and some digits behind.
  std::string plain;
  for (const char c : regex.text) {
    if (std::string_view("^$\\()[]{}+*?|.").find(c) == std::string_view::npos) plain += c;
  }
  const std::vector<std::string> found = texts;
  for (const std::string& text : found) {
    for (const std::string_view tail : {"0", "1", "12", "123", "1234", "a", "ab", "abc", " x"}) {
      texts.push_back(text + std::string(tail));
    }
  }
  texts.push_back(plain);
  texts.push_back(plain + "1");
  texts.erase(std::remove_if(texts.begin(), texts.end(),
                             [&](const std::string& text) {
                               return !re2::RE2::PartialMatch(text, *regex.compiled);
                             }),
              texts.end());
  return texts;
}

Answer solve_reason(std::span<const Literal> literals, Model& model) {
  const bool wanted = std::any_of(literals.begin(), literals.end(),
                                  [](const Literal& literal) { return literal.wanted; });
  if (!wanted) {
    model.reason.reset();
    return Answer::found;
  }
  std::vector<std::string> candidates = {"x", "because", "OPS-1", "ABC-123", "12345"};
  for (const Literal& literal : literals) {
    for (std::string& text : sample_texts(std::get<RegexCriterion>(literal.atom->question))) {
      candidates.push_back(std::move(text));
    }
  }
  // A text that passes one expression may pass another beside it, or behind a word.
  const std::size_t found = std::min<std::size_t>(candidates.size(), 40);
  for (std::size_t i = 0; i < found; ++i) {
    for (std::size_t k = 0; k < found; ++k) {
      if (i != k) candidates.push_back(candidates[i] + ' ' + candidates[k]);
    }
  }
  for (const std::string& candidate : candidates) {
    if (!is_sound_reason(candidate)) continue;
    Model tried;
    tried.reason = candidate;
    const bool passes = std::all_of(literals.begin(), literals.end(), [&](const Literal& literal) {
      return holds(*literal.atom, tried) == literal.wanted;
    });
    if (!passes) continue;
    model.reason = candidate;
    return Answer::found;
  }
  return Answer::unknown;
}

}  // namespace ssmgate::sets
