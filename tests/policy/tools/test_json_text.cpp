#include <doctest/doctest.h>

#include "tools/json_text.hpp"

using namespace ssmgate::tools;

TEST_CASE("what is no JSON object is refused") {
  for (const std::string_view text : {"",
                                      "{",
                                      "}",
                                      "[]",
                                      "1",
                                      "null",
                                      "\"a\"",
                                      "{} {}",
                                      "{}x",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{a:1}",
                                      "{\"a\":1,}",
                                      "{,}",
                                      "{\"a\":1 \"b\":2}",
                                      "{\"a\":01}",
                                      "{\"a\":1.}",
                                      "{\"a\":.5}",
                                      "{\"a\":+1}",
                                      "{\"a\":1e}",
                                      "{\"a\":tru}",
                                      "{\"a\":\"\\x\"}",
                                      "{\"a\":\"\\u12g4\"}",
                                      "{\"a\":\"\n\"}",
                                      "{\"a\":[1,]}",
                                      "{\"a\":[,1]}",
                                      "{\"a\":[1 2]}",
                                      "{\"a\":{\"b\":1,}}",
                                      "{\"a\":{,}}",
                                      "{\"a\":{\"b\"}}",
                                      "{\"a\":[}",
                                      "{\"a\":]}",
                                      "{\"a\":{]}}",
                                      "{'a':1}",
                                      "{\"a\":NaN}",
                                      "{\"a\":-}",
                                      "{\"a\":\"}"}) {
    CAPTURE(text);
    CHECK_FALSE(split_json_object(text).has_value());
  }
}

TEST_CASE("members come as they were written") {
  const auto members = split_json_object(
      " { \"a\" : {\"x\":1, \"x\":[ 2 ,{}]} ,\"\\u0062\":\"\\ud83d\\ude00\\n\", \"c\":-1.5e+3} ");
  REQUIRE(members);
  REQUIRE(members->size() == 3);
  CHECK((*members)[0].value == "{\"x\":1, \"x\":[ 2 ,{}]}");
  CHECK((*members)[1].name == "b");
  CHECK(unescape_json_string((*members)[1].value) == "\xF0\x9F\x98\x80\n");
  CHECK((*members)[2].value == "-1.5e+3");
  CHECK_FALSE(unescape_json_string((*members)[2].value).has_value());
  CHECK(split_json_object("{}")->empty());
  CHECK(split_json_object("{\"a\":\"\\u0000\"}").has_value());
}

TEST_CASE("a lone surrogate becomes bytes that are no UTF-8") {
  CHECK(unescape_json_string("\"\\ud800\"") == "\xED\xA0\x80");
  CHECK(unescape_json_string("\"\\ud800\\u0041\"") ==
        "\xED\xA0\x80"
        "A");
  CHECK(unescape_json_string("\"\\udc00\\ud800\"") == "\xED\xB0\x80\xED\xA0\x80");
}

TEST_CASE("any depth is walked without recursion") {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  const std::string text = "{\"a\":" + deep + "}";
  const auto members = split_json_object(text);
  REQUIRE(members);
  CHECK(members->front().value.size() == deep.size());
  CHECK_FALSE(split_json_object("{\"a\":" + std::string(1'000'000, '[')).has_value());
}

TEST_CASE("arrays come apart into their elements") {
  const auto elements = split_json_array("[ \"a\" ,{\"b\":[1]}, 2 ]");
  REQUIRE(elements);
  REQUIRE(elements->size() == 3);
  CHECK((*elements)[1] == "{\"b\":[1]}");
  CHECK(split_json_array("[]")->empty());
  CHECK_FALSE(split_json_array("{}").has_value());
}
