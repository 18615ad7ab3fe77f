// Globs: matching and whether two of them can match one text.
#include "ssmgate/names/glob.hpp"

#include <cstdint>
#include <vector>

namespace ssmgate {
namespace {

// The first byte behind the code point that begins at `at`. Text that is no UTF-8 ends nowhere
// odd: continuation bytes simply belong to what stands before them.
std::size_t next_code_point(std::string_view text, std::size_t at) noexcept {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
  return at;
}

std::vector<std::string_view> split_code_points(std::string_view text) {
  std::vector<std::string_view> points;
  points.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t next = next_code_point(text, at);
    points.push_back(text.substr(at, next - at));
    at = next;
  }
  return points;
}

// Both patterns as a walk over pairs of places, row by row: O(a × b) time, O(b) space.
class Intersection {
 public:
  Intersection(std::string_view a, std::string_view b)
      : a_(split_code_points(a)), b_(split_code_points(b)), row_{1} {
    row_.resize(b_.size() + 1);
  }

  bool run() {
    for (std::size_t i = 0;; ++i) {
      spread_along_row(i);
      if (i == a_.size()) return row_[b_.size()] != 0;
      step_to_next_row(i);
    }
  }

 private:
  // A star of either side lets the other's next element pass without a step of its own.
  void spread_along_row(std::size_t i) {
    const bool star = i < a_.size() && a_[i] == "*";
    for (std::size_t j = 0; j < b_.size(); ++j) {
      if (row_[j] != 0 && (star || b_[j] == "*")) row_[j + 1] = 1;
    }
  }

  void step_to_next_row(std::size_t i) {
    std::vector<std::uint8_t> next(row_.size(), 0);
    for (std::size_t j = 0; j < row_.size(); ++j) {
      if (row_[j] == 0) continue;
      if (a_[i] == "*") {
        next[j] = 1;
      } else if (j < b_.size() && b_[j] == "*") {
        next[j] = 1;
      } else if (j < b_.size() && (a_[i] == b_[j] || a_[i] == "?" || b_[j] == "?")) {
        next[j + 1] = 1;
      }
    }
    row_ = std::move(next);
  }

  std::vector<std::string_view> a_, b_;
  std::vector<std::uint8_t> row_;  // row_[j]: place (i, j) can be reached
};

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) noexcept {
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t p = 0;
  std::size_t t = 0;
  // Only the last star needs to be tried again: an earlier one that takes less leaves the rest of
  // the pattern no text that the last one could not leave it.
  std::size_t star = kNone;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      t = next_code_point(text, t);
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != kNone) {
      p = star;
      t = resume = next_code_point(text, resume);
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == kNone;
}

bool has_glob(std::string_view pattern) noexcept {
  return pattern.find_first_of("*?") != std::string_view::npos;
}

bool globs_intersect(std::string_view a, std::string_view b) {
  if (!has_glob(a)) return glob_matches(b, a);
  if (!has_glob(b)) return glob_matches(a, b);
  return Intersection(a, b).run();
}

}  // namespace ssmgate
