// Byte offsets of a text as lines and columns.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate {

// Cheap for offsets and places that mostly grow: a column is counted on from the last one asked
// for, so that a file of one long line does not cost the square of its length.
class Places {
 public:
  explicit Places(std::string_view text);
  // `offset` past the end is the end.
  [[nodiscard]] Position at(std::size_t offset);
  // The other way; a place outside of the text is its end.
  [[nodiscard]] std::size_t offset(Position where) noexcept;

 private:
  std::string_view text_;
  std::vector<std::size_t> line_starts_;
  std::size_t last_offset_ = 0;
  std::size_t last_line_ = 0;
  std::size_t last_column_ = 0;
  Position last_place_;
  std::size_t last_place_offset_ = 0;
};

}  // namespace ssmgate
