// What a client sent, inside a message.
#include <doctest/doctest.h>

#include "request/printable.hpp"
#include "ssmgate/rules/decide.hpp"

using namespace ssmgate;
using namespace std::string_view_literals;

TEST_CASE("every character outside printable ASCII is escaped") {
  CHECK(printable("plain ~text\\") == "plain ~text\\");
  CHECK(printable("\x1B[2J\r\n\t\0\x7F"sv) == "\\u001b[2J\\u000d\\u000a\\u0009\\u0000\\u007f");
  CHECK(printable("\xC3\xA9 \xE6\x97\xA5") == "\\u00e9 \\u65e5");
  CHECK(printable("\xF0\x9F\x98\x80") == "\\ud83d\\ude00");
  CHECK(printable("\xFF\xC3 \xED\xA0\x80 \xE6\x97") == "\\xff\\xc3 \\xed\\xa0\\x80 \\xe6\\x97");
  for (int byte = 0; byte < 256; ++byte) {
    for (const char c : printable(std::string(1, static_cast<char>(byte)))) {
      CHECK((' ' <= c && c <= '~'));
    }
  }
}

TEST_CASE("excerpts are bounded") {
  CHECK(quote_excerpt("x") == "`x`");
  CHECK(quote_excerpt(std::string(100, 'x')) == "`" + std::string(100, 'x') + "`");
  CHECK(quote_excerpt(std::string(101, 'x')) == "`" + std::string(100, 'x') + "...`");
  CHECK(quote_excerpt("\n") == "`\\u000a`");
  const std::string long_name = std::string(99, 'x') + "\xE6\x97\xA5";
  CHECK(quote_excerpt(long_name) == "`" + std::string(99, 'x') + "...`");
  CHECK(quote_excerpt(std::string(200, '\x80')).size() < 500);
}
