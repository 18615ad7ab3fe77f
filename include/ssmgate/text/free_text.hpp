// Empties a text and frees its memory.
#pragma once

#include <string>

namespace ssmgate {

// `text = std::string()` only empties it: libstdc++ keeps the buffer of the target when what is
// moved there is short enough to have none.
inline void free_text(std::string& text) noexcept {
  std::string().swap(text);
}

}  // namespace ssmgate
