#include "state/json_ascii.hpp"

#include <cstdint>

#include "wire/json.hpp"
#include "wire/utf8.hpp"

namespace ssmgate::state {
namespace {

bool is_shown_as_it_is(char c) {
  return c >= 0x20 && c < 0x7f && c != '<' && c != '>' && c != '&';
}

}  // namespace

std::string json_ascii(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  while (!text.empty()) {
    const char c = text.front();
    std::size_t size = 1;
    if (is_shown_as_it_is(c)) {
      out += c;
    } else if (c == '<' || c == '>' || c == '&') {
      out += c == '<' ? "\\u003c" : c == '>' ? "\\u003e" : "\\u0026";
    } else {
      size = wire::decode_utf8(text).size;
      out += wire::json_escape(text.substr(0, size));
    }
    text.remove_prefix(size);
  }
  return out;
}

}  // namespace ssmgate::state
