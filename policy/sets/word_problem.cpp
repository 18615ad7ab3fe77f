// Is there a word in all required languages and in no forbidden one? Breadth first through the
// product of their automata, which is built as it is walked: the first word found is a shortest.
#include <algorithm>
#include <map>
#include <unordered_map>

#include "sets/language.hpp"

namespace ssmgate::sets {
namespace {

using Bits = std::vector<std::uint64_t>;

// LIMIT: states of the product automaton. Names and globs as people write them need hundreds.
constexpr std::size_t kMaxStates = 30000;

void set_bit(Bits& bits, std::size_t at) {
  bits[at / 64] |= std::uint64_t{1} << (at % 64);
}

bool meet(const Bits& a, const Bits& b) noexcept {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if ((a[i] & b[i]) != 0) return true;
  }
  return false;
}

// out |= (a & b) << 1; true when that added a bit.
bool advance(const Bits& a, const Bits& b, Bits& out) noexcept {
  bool grown = false;
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::uint64_t both = a[i] & b[i];
    const std::uint64_t moved = both << 1U | carry;
    carry = both >> 63U;
    grown = grown || (moved & ~out[i]) != 0;
    out[i] |= moved;
  }
  return grown;
}

// All patterns of the problem side by side, each with its places: one bit a place.
class Automaton {
 public:
  explicit Automaton(const WordProblem& problem) {
    std::size_t places = 0;
    const auto count = [&](const Language& language) {
      for (const Pattern& pattern : language.patterns) places += pattern.size() + 1;
    };
    for (const Language* language : problem.required) {
      count(*language);
      for (const auto& text : language->texts) places += text.size() + 1;
    }
    for (const Language* language : problem.forbidden) count(*language);
    words_ = (places + 63) / 64 + 1;
    start_ = repeats_ = forbidden_ends_ = Bits(words_, 0);
    for (const Language* language : problem.required) add_required(*language);
    for (const Language* language : problem.forbidden) {
      for (const Pattern& pattern : language->patterns) add(pattern, forbidden_ends_);
      texts_.insert(texts_.end(), language->texts.begin(), language->texts.end());
    }
    std::sort(texts_.begin(), texts_.end());
    texts_.erase(std::unique(texts_.begin(), texts_.end()), texts_.end());
    spread(start_);
    collect_alphabet();
  }

  // The sorted forbidden texts that begin with what has been read: [low, high).
  struct State {
    Bits bits;
    std::size_t low = 0, high = 0;
  };

  [[nodiscard]] State start() const { return {start_, 0, texts_.size()}; }
  [[nodiscard]] std::size_t letters() const noexcept { return alphabet_.size(); }
  [[nodiscard]] char32_t letter(std::size_t i) const noexcept { return alphabet_[i].point; }

  [[nodiscard]] State step(const State& from, std::size_t depth, std::size_t letter) const {
    const Letter& read = alphabet_[letter];
    State to{Bits(words_, 0), 0, 0};
    for (std::size_t i = 0; i < words_; ++i) to.bits[i] = from.bits[i] & read.stays[i];
    (void)advance(from.bits, read.moves, to.bits);
    spread(to.bits);
    narrow(from, depth, read.point, to);
    return to;
  }

  // No end of some required language can be reached any more.
  [[nodiscard]] bool dead(const State& state) const noexcept {
    return std::any_of(required_.begin(), required_.end(),
                       [&](const Required& one) { return !meet(state.bits, one.all); });
  }

  [[nodiscard]] bool accepts(const State& state, std::size_t depth) const noexcept {
    if (meet(state.bits, forbidden_ends_)) return false;
    if (state.low < state.high && texts_[state.low].size() == depth) return false;
    return std::all_of(required_.begin(), required_.end(),
                       [&](const Required& one) { return meet(state.bits, one.ends); });
  }

  // Equal keys: the same words lead on.
  [[nodiscard]] static std::string key(const State& state, std::size_t depth) {
    std::string key(reinterpret_cast<const char*>(state.bits.data()),
                    state.bits.size() * sizeof(std::uint64_t));
    if (state.low < state.high) {
      for (const std::size_t part : {state.low, state.high, depth}) {
        key.append(reinterpret_cast<const char*>(&part), sizeof part);
      }
    }
    return key;
  }

 private:
  struct Required {
    Bits all, ends;
  };
  struct Letter {
    char32_t point = 0;
    Bits stays, moves;
  };
  struct Place {
    const Piece* piece;  // null: the text of a required language
    std::size_t at;
    char32_t point = 0;
  };

  void add_required(const Language& language) {
    Required one{Bits(words_, 0), Bits(words_, 0)};
    const std::size_t first = next_;
    for (const Pattern& pattern : language.patterns) add(pattern, one.ends);
    for (const auto& text : language.texts) {
      set_bit(start_, next_);
      for (const char32_t c : text) places_.push_back({nullptr, next_++, c});
      set_bit(one.ends, next_++);
    }
    for (std::size_t i = first; i < next_; ++i) set_bit(one.all, i);
    required_.push_back(std::move(one));
  }

  void add(const Pattern& pattern, Bits& ends) {
    set_bit(start_, next_);
    for (const Piece& piece : pattern) {
      if (piece.repeats) set_bit(repeats_, next_);
      places_.push_back({&piece, next_++});
    }
    set_bit(ends, next_++);
  }

  // A piece that repeats may also be left without a letter.
  void spread(Bits& bits) const noexcept {
    while (advance(bits, repeats_, bits)) {
    }
  }

  void narrow(const State& from, std::size_t depth, char32_t point, State& to) const {
    const auto begin = texts_.begin();
    const auto low = std::partition_point(
        begin + static_cast<std::ptrdiff_t>(from.low),
        begin + static_cast<std::ptrdiff_t>(from.high),
        [&](const std::u32string& text) { return text.size() <= depth || text[depth] < point; });
    const auto high =
        std::partition_point(low, begin + static_cast<std::ptrdiff_t>(from.high),
                             [&](const std::u32string& text) { return text[depth] == point; });
    to.low = static_cast<std::size_t>(low - begin);
    to.high = static_cast<std::size_t>(high - begin);
  }

  [[nodiscard]] bool takes(const Place& place, char32_t point) const {
    if (place.piece == nullptr) return place.point == point;
    return place.piece->any || place.piece->set.find(point) != std::u32string::npos;
  }

  // One letter for all code points that no pattern and no text tells apart.
  void collect_alphabet() {
    std::u32string told;
    std::vector<std::u32string> sets;
    for (const Place& place : places_) {
      if (place.piece == nullptr) {
        told += place.point;
      } else if (!place.piece->any) {
        sets.push_back(place.piece->set);
      }
    }
    std::sort(sets.begin(), sets.end());
    sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
    for (const auto& text : texts_) told += text;
    std::u32string all = kPlain + told;
    for (const auto& set : sets) all += set;
    std::map<std::vector<bool>, char32_t> kinds;
    std::sort(told.begin(), told.end());
    std::u32string ordered = kPlain;
    std::u32string rest = all;
    std::sort(rest.begin(), rest.end());
    rest.erase(std::unique(rest.begin(), rest.end()), rest.end());
    for (const char32_t c : rest) {
      if (kPlain.find(c) == std::u32string::npos) ordered += c;
    }
    // A letter that nothing mentions stands for all of them.
    char32_t other = U'\u00E0';
    while (std::binary_search(rest.begin(), rest.end(), other)) ++other;
    ordered += other;
    for (const char32_t c : ordered) {
      const bool own = std::binary_search(told.begin(), told.end(), c);
      std::vector<bool> kind;
      kind.reserve(sets.size());
      for (const auto& set : sets) kind.push_back(set.find(c) != std::u32string::npos);
      if (own || kinds.try_emplace(std::move(kind), c).second) add_letter(c);
    }
  }

  void add_letter(char32_t point) {
    Letter letter{point, Bits(words_, 0), Bits(words_, 0)};
    for (const Place& place : places_) {
      if (!takes(place, point)) continue;
      set_bit(place.piece != nullptr && place.piece->repeats ? letter.stays : letter.moves,
              place.at);
    }
    alphabet_.push_back(std::move(letter));
  }

  // In the order in which a witness is to be written.
  inline static const std::u32string kPlain =
      U"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_. ";

  std::size_t words_ = 0, next_ = 0;
  Bits start_, repeats_, forbidden_ends_;
  std::vector<Required> required_;
  std::vector<Place> places_;
  std::vector<std::u32string> texts_;
  std::vector<Letter> alphabet_;
};

// A state with the way back to the beginning.
struct Step {
  Automaton::State state;
  std::size_t before = 0;
  char32_t letter = 0;
  std::size_t depth = 0;
};

std::string word_to(const std::vector<Step>& steps, std::size_t at) {
  std::u32string word;
  for (; steps[at].depth > 0; at = steps[at].before) word += steps[at].letter;
  std::reverse(word.begin(), word.end());
  return to_utf8(word);
}

WordAnswer walk(const WordProblem& problem) {
  const Automaton automaton(problem);
  std::vector<Step> steps{{automaton.start()}};
  std::unordered_map<std::string, std::size_t> known;
  known.emplace(Automaton::key(steps[0].state, 0), 0);
  for (std::size_t at = 0; at < steps.size(); ++at) {
    const std::size_t depth = steps[at].depth;
    if (automaton.accepts(steps[at].state, depth)) return {Answer::found, word_to(steps, at)};
    if (steps.size() > kMaxStates) return {Answer::unknown, {}};
    if (depth == problem.longest) continue;
    for (std::size_t letter = 0; letter < automaton.letters(); ++letter) {
      auto next = automaton.step(steps[at].state, depth, letter);
      if (automaton.dead(next)) continue;
      if (!known.emplace(Automaton::key(next, depth + 1), steps.size()).second) continue;
      steps.push_back({std::move(next), at, automaton.letter(letter), depth + 1});
    }
  }
  return {};
}

}  // namespace

WordAnswer find_word(const WordProblem& problem) {
  // A language without patterns is a list to go through.
  for (const Language* list : problem.required) {
    if (!list->patterns.empty()) continue;
    for (const std::u32string& word : list->texts) {
      const auto in = [&](const Language* language) { return matches(*language, word); };
      if (word.size() <= problem.longest &&
          std::all_of(problem.required.begin(), problem.required.end(), in) &&
          std::none_of(problem.forbidden.begin(), problem.forbidden.end(), in)) {
        return {Answer::found, to_utf8(word)};
      }
    }
    return {};
  }
  return walk(problem);
}

}  // namespace ssmgate::sets
