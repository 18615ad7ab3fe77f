#include "text/places.hpp"

#include <algorithm>

#include "text/utf8.hpp"

namespace ssmgate {

Places::Places(std::string_view text) : text_(text), line_starts_{0} {
  for (std::size_t i = text.find('\n'); i != std::string_view::npos; i = text.find('\n', i + 1)) {
    line_starts_.push_back(i + 1);
  }
}

Position Places::at(std::size_t offset) {
  offset = std::min(offset, text_.size());
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const auto line = static_cast<std::size_t>(after - line_starts_.begin()) - 1;
  std::size_t column = 0;
  if (line != last_line_) {
    const std::size_t start = line_starts_[line];
    column = count_code_points(text_.substr(start, offset - start));
  } else if (offset >= last_offset_) {
    column = last_column_ + count_code_points(text_.substr(last_offset_, offset - last_offset_));
  } else {
    column = last_column_ - count_code_points(text_.substr(offset, last_offset_ - offset));
  }
  last_offset_ = offset;
  last_line_ = line;
  last_column_ = column;
  return {static_cast<std::uint32_t>(line + 1), static_cast<std::uint32_t>(column + 1)};
}

std::size_t Places::offset(Position where) noexcept {
  if (where.line > line_starts_.size()) return text_.size();
  const bool onward = where.line == last_place_.line && where.column >= last_place_.column;
  std::size_t at = onward ? last_place_offset_ : line_starts_[where.line - 1];
  std::uint32_t column = onward ? last_place_.column : 1;
  for (; column < where.column && at < text_.size(); ++column) {
    at += decode_code_point(text_.substr(at, 4)).value_or(CodePoint{0, 1}).size;
  }
  last_place_ = {where.line, column};
  last_place_offset_ = at;
  return at;
}

}  // namespace ssmgate
