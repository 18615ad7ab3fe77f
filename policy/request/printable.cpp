#include "request/printable.hpp"

#include "ssmgate/rules/decide.hpp"

namespace ssmgate {
namespace {

// LIMIT: longer than any host name that a person types, short enough for one line of a terminal.
constexpr std::size_t kMaxExcerpt = 100;

}  // namespace

std::string printable(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (0x20 <= byte && byte <= 0x7E) {
      out += c;
      continue;
    }
    out += "\\u00";
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 0xFU];
  }
  return out;
}

std::string quote_excerpt(std::string_view text) {
  const bool cut = text.size() > kMaxExcerpt;
  return "`" + printable(text.substr(0, kMaxExcerpt)) + (cut ? "...`" : "`");
}

}  // namespace ssmgate
