// Which rules can concern a document: so that a judgement does not grow with the rules for others.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ssmgate {

struct Rule;

// Rules by the exact name in their `documents`; rules that say it otherwise, or not at all, are
// looked at for every document.
class RuleIndex {
 public:
  RuleIndex() = default;
  explicit RuleIndex(const std::vector<Rule>& rules);

  // Calls `visit(index)` for every rule that may match the name, in the file's order, until it
  // returns false. Other rules cannot match it.
  template <typename Visit>
  void each(std::string_view document, Visit visit) const {
    static const std::vector<std::uint32_t> kNone;
    const auto found = by_name_.find(document);
    const auto& exact = found == by_name_.end() ? kNone : found->second;
    auto a = exact.begin();
    auto b = general_.begin();
    while (a != exact.end() || b != general_.end()) {
      const bool take_exact = b == general_.end() || (a != exact.end() && *a < *b);
      if (!visit(take_exact ? *a++ : *b++)) return;
    }
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::unordered_map<std::string, std::vector<std::uint32_t>, Hash, std::equal_to<>> by_name_;
  std::vector<std::uint32_t> general_;
};

}  // namespace ssmgate
