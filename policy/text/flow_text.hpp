// What stands between the brackets of a flow collection, followed character by character: which
// brackets, quotes and comments count, and what is text. No indentation counts there, so that this
// needs nothing but the place of the first bracket. Does not own: the grammar of YAML.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace ssmgate {

// All are offsets into the text.
struct FlowText {
  std::size_t end = 0;                  // behind the last bracket, or where it was given up
  std::optional<std::size_t> too_deep;  // the bracket that opens a level too many; it ends there
  std::optional<std::size_t> bare_comment;  // the first `#` of a comment without a blank before it
  std::vector<std::size_t> questions;       // each `?` in unquoted text that does not begin it
  std::vector<std::size_t> directives;      // each `%` that begins a line outside quotes
};

// `begin` is the place of a `[` or `{` of `text` that opens the collection. Linear.
[[nodiscard]] FlowText read_flow_text(std::string_view text, std::size_t begin);

// The place behind the quote that closes the one at `begin`, or `npos` where none does.
[[nodiscard]] std::size_t find_end_of_quotes(std::string_view text, std::size_t begin) noexcept;

}  // namespace ssmgate
