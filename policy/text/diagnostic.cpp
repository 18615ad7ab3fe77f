// Diagnostics as data: sorting, rendering, and user input made fit to be shown in one.
#include "ssmgate/text/diagnostic.hpp"

#include <algorithm>
#include <tuple>

#include "text/utf8.hpp"

namespace ssmgate {
namespace {

// LIMIT: a message quotes at most this much of what was typed, so that it stays one line to read.
constexpr std::size_t kMaxQuoted = 120;

void append_escaped(std::string& out, char32_t c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const int digits = c > 0xFFFF ? 8 : 4;
  out += c > 0xFFFF ? "\\U" : "\\u";
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out += kDigits[(c >> shift) & 0xF];
}

}  // namespace

bool has_errors(const Diagnostics& diagnostics) noexcept {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& d) { return d.severity == Severity::error; });
}

void sort_diagnostics(Diagnostics& diagnostics) {
  const auto key = [](const Diagnostic& d) { return std::tie(d.where, d.severity, d.text); };
  std::sort(diagnostics.begin(), diagnostics.end(),
            [&](const Diagnostic& a, const Diagnostic& b) { return key(a) < key(b); });
  diagnostics.erase(std::unique(diagnostics.begin(), diagnostics.end()), diagnostics.end());
}

std::string render_diagnostic(std::string_view file, const Diagnostic& diagnostic) {
  std::string out(file);
  out += ':' + std::to_string(diagnostic.where.line);
  out += ':' + std::to_string(diagnostic.where.column);
  out += diagnostic.severity == Severity::error ? ": error: " : ": warning: ";
  out += diagnostic.text;
  return out;
}

std::string escape_invisible(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto next = decode_code_point(text);
    const char32_t c = next ? next->value : static_cast<unsigned char>(text[0]);
    const std::size_t size = next ? next->size : 1;
    if (!next || is_invisible_character(c)) {
      append_escaped(out, c);
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return out;
}

std::string in_backticks(std::string_view text) {
  std::size_t end = 0;
  for (std::size_t shown = 0; end < text.size() && shown < kMaxQuoted; ++shown) {
    const auto next = decode_code_point(text.substr(end));
    end += next ? next->size : 1;
  }
  return '`' + escape_invisible(text.substr(0, end)) + (end < text.size() ? "...`" : "`");
}

}  // namespace ssmgate
