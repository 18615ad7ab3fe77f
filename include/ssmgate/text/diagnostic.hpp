// A mistake in a file that a person wrote: where it is, what is wrong, what to write instead.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ssmgate {

// A place in a text file. Lines and columns count from 1; columns count code points.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  auto operator<=>(const Position&) const = default;
};

enum class Severity : std::uint8_t { error, warning };

struct Diagnostic {
  Severity severity = Severity::error;
  Position where;
  std::string text;  // one line, lower case, user input in backticks, with a hint
  bool operator==(const Diagnostic&) const = default;
};

using Diagnostics = std::vector<Diagnostic>;

[[nodiscard]] bool has_errors(const Diagnostics& diagnostics) noexcept;

// Sorted by position; equal ones once.
void sort_diagnostics(Diagnostics& diagnostics);

// "FILE:LINE:COLUMN: error: TEXT", without a newline.
[[nodiscard]] std::string render_diagnostic(std::string_view file, const Diagnostic& diagnostic);

// `text` with invisible characters (line ends, controls, what reorders a terminal's line) and
// invalid UTF-8 as \uNNNN; everything else as it is.
[[nodiscard]] std::string escape_invisible(std::string_view text);

// What a person typed, as it is shown in a message: `text`, cut after 120 characters, with
// invisible characters and invalid UTF-8 escaped, so that it is one line and does nothing to a
// terminal.
[[nodiscard]] std::string in_backticks(std::string_view text);

}  // namespace ssmgate
