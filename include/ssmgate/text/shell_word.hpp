// What a POSIX shell takes for one word.
#pragma once

#include <string>
#include <string_view>

namespace ssmgate {

// `word` itself where it is plain, else in single quotes.
[[nodiscard]] std::string shell_word(std::string_view word);

}  // namespace ssmgate
