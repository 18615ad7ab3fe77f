// What a client sent, inside a message.
#include <doctest/doctest.h>

#include "request/printable.hpp"
#include "ssmgate/rules/decide.hpp"

using namespace ssmgate;
using namespace std::string_view_literals;

TEST_CASE("every byte outside printable ASCII is escaped") {
  CHECK(printable("plain ~text\\") == "plain ~text\\");
  CHECK(printable("\x1B[2J\r\n\t\0\x7F"sv) == "\\u001b[2J\\u000d\\u000a\\u0009\\u0000\\u007f");
  CHECK(printable("\xC3\xA9\xFF") == "\\u00c3\\u00a9\\u00ff");
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
}
