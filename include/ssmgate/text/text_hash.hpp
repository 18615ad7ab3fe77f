// So that a table with texts as keys is asked with a view, and no key is made for the question.
#pragma once

#include <functional>
#include <string_view>

namespace ssmgate {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};

}  // namespace ssmgate
