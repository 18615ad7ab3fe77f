// Strict reading of mappings: unknown keys, with the word that was most likely meant.
#include "ssmgate/text/fields.hpp"

#include <algorithm>
#include <numeric>

namespace ssmgate {
namespace {

// Edit distance with neighbouring letters swapped counting as one: the most common slip.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, replace});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) now[j] = std::min(now[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(now);
  }
  return last[b.size()];
}

std::string fold(std::string_view word) {
  std::string out;
  for (const char c : word) {
    if (c == '-')
      out += '_';
    else if (c >= 'A' && c <= 'Z')
      out += static_cast<char>(c - 'A' + 'a');
    else
      out += c;
  }
  return out;
}

// LIMIT: longer words are not compared; no key is longer than this.
constexpr std::size_t kMaxWord = 64;

}  // namespace

std::string_view find_nearest_word(std::string_view word, std::span<const std::string_view> known,
                                   std::size_t most) {
  std::string_view best;
  if (word.size() > kMaxWord) return best;
  std::size_t best_distance = most + 1;
  const std::string folded = fold(word);
  for (const std::string_view candidate : known) {
    // Words whose lengths differ by more than the greatest distance need not be compared.
    if (candidate.size() > word.size() + most || word.size() > candidate.size() + most) continue;
    const std::size_t distance = edit_distance(folded, fold(candidate));
    if (distance >= best_distance || distance * 2 >= word.size()) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

void report_unknown_keys(const TreeNode& mapping, std::span<const std::string_view> known,
                         std::string_view what, Diagnostics& diagnostics) {
  for (const TreeEntry& entry : mapping.entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    std::string text = "unknown key " + in_backticks(entry.key) + " in " + std::string(what);
    const std::string_view nearest = find_nearest_word(entry.key, known);
    if (!nearest.empty()) {
      text += "; did you mean `" + std::string(nearest) + "`?";
    } else {
      text += known.size() == 1 ? "; the only key is " : "; known keys are ";
      for (std::size_t i = 0; i < known.size(); ++i) {
        if (i > 0) text += i + 1 == known.size() ? " and " : ", ";
        text += '`' + std::string(known[i]) + '`';
      }
    }
    report_error(diagnostics, entry.where, std::move(text));
  }
}

std::string_view kind_name(TreeNode::Kind kind) noexcept {
  switch (kind) {
    case TreeNode::Kind::null: return "nothing";
    case TreeNode::Kind::boolean: return "true or false";
    case TreeNode::Kind::integer: return "a number";
    case TreeNode::Kind::floating: return "a number with a fraction";
    case TreeNode::Kind::string: return "text";
    case TreeNode::Kind::sequence: return "a list";
    case TreeNode::Kind::mapping: return "a mapping";
  }
  return "nothing";
}

namespace {

// LIMIT: nobody reads more, and a file of a million faults must not take the memory of as many
// messages.
constexpr std::size_t kMaxDiagnostics = 10'000;

void report(Diagnostics& diagnostics, Severity severity, Position where, std::string_view text) {
  if (is_full(diagnostics)) return;
  if (diagnostics.size() == kMaxDiagnostics) {
    if (severity == Severity::warning) return;  // what may be in force must not fail by a warning
    text = "more than 10,000 faults; mend those above first";
  }
  diagnostics.push_back({severity, where, escape_invisible(text)});
}

}  // namespace

void report_error(Diagnostics& diagnostics, Position where, std::string text) {
  report(diagnostics, Severity::error, where, text);
}

bool is_full(const Diagnostics& diagnostics) noexcept {
  return diagnostics.size() > kMaxDiagnostics;
}

void report_warning(Diagnostics& diagnostics, Position where, std::string text) {
  report(diagnostics, Severity::warning, where, text);
}

}  // namespace ssmgate
