#include <doctest/doctest.h>

#include <string_view>

#include "text/scalar_type.hpp"

using namespace ssmgate;
using Kind = TreeNode::Kind;

TEST_CASE("plain scalars are typed by the YAML 1.2 core schema") {
  for (const std::string_view text : {"", "~", "null", "Null", "NULL"}) {
    CAPTURE(text);
    CHECK(plain_scalar_kind(text) == Kind::null);
  }
  for (const std::string_view text : {"true", "True", "TRUE", "false", "False", "FALSE"}) {
    CAPTURE(text);
    CHECK(plain_scalar_kind(text) == Kind::boolean);
  }
  for (const std::string_view text :
       {"0", "1", "010", "-1", "+7", "0o17", "0xfF", "111122223333", "99999999999999999999999"}) {
    CAPTURE(text);
    CHECK(plain_scalar_kind(text) == Kind::integer);
  }
  for (const std::string_view text :
       {"1.0", ".5", "1.", "1e3", "1E+3", "-.5e-3", ".inf", "-.INF", "+.Inf", ".nan", ".NaN"}) {
    CAPTURE(text);
    CHECK(plain_scalar_kind(text) == Kind::floating);
  }
  for (const std::string_view text :
       {"yes",        "no",   "on",   "off",  "y",        "1_000",   "0b11", "1:30",
        "-",          ".",    "+",    "e3",   "1e",       "0o8",     "-0o7", "0xg",
        "0x",         "tRUE", "nULL", ".INf", "-.nan",    "1.2.3.4", "10/8", "12:0",
        "2026-01-01", "0 1",  "1 ",   "--1",  "infinity", ".e1"}) {
    CAPTURE(text);
    CHECK(plain_scalar_kind(text) == Kind::string);
  }
}
