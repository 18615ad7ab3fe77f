// JSON on which readers differ is refused; what they agree on is read.
#include <doctest/doctest.h>

#include <string>

#include "request/json_body.hpp"

using namespace ssmgate;
using namespace std::string_view_literals;

namespace {

bool reads(std::string_view text) {
  return read_json_body(text).has_value();
}

std::string string_in(std::string_view text) {
  const auto body = read_json_body(text);
  return body ? std::string(body->nodes().at(2).text) : "refused";
}

bool has_duplicate(std::string_view text) {
  const auto body = read_json_body(text);
  REQUIRE(body.has_value());
  return body->duplicate_key().has_value();
}

std::string nested(std::size_t depth) {
  std::string text = "{\"a\":";
  for (std::size_t i = 1; i < depth; ++i) text += i % 2 == 0 ? "{\"a\":" : "[";
  text += "1";
  for (std::size_t i = depth - 1; i >= 1; --i) text += i % 2 == 0 ? "}" : "]";
  return text + "}";
}

}  // namespace

TEST_CASE("what is not one JSON object") {
  for (const std::string_view text : {""sv,
                                      " "sv,
                                      "[]"sv,
                                      "1"sv,
                                      "\"a\""sv,
                                      "null"sv,
                                      "true"sv,
                                      "{"sv,
                                      "}"sv,
                                      "{}{}"sv,
                                      "{} x"sv,
                                      "{},"sv,
                                      "{}\0"sv,
                                      "\0{}"sv,
                                      "{}\v"sv,
                                      "\f{}"sv,
                                      "\xC2\xA0{}"sv,
                                      "{}\xE2\x80\xA8"sv,
                                      "\xEF\xBB\xBF{}"sv,
                                      "{}\xEF\xBB\xBF"sv,
                                      "{/**/}"sv,
                                      "//\n{}"sv,
                                      "{\"a\":1,}"sv,
                                      "{,}"sv,
                                      "{\"a\":[1,]}"sv,
                                      "{'a':1}"sv,
                                      "{a:1}"sv,
                                      "{\"a\"}"sv,
                                      "{\"a\":}"sv,
                                      "{\"a\":01}"sv,
                                      "{\"a\":+1}"sv,
                                      "{\"a\":.5}"sv,
                                      "{\"a\":1.}"sv,
                                      "{\"a\":-}"sv,
                                      "{\"a\":0x1}"sv,
                                      "{\"a\":1e}"sv,
                                      "{\"a\":NaN}"sv,
                                      "{\"a\":Infinity}"sv,
                                      "{\"a\":-Infinity}"sv,
                                      "{\"a\":True}"sv,
                                      "{\"a\":nul}"sv,
                                      "{\"a\":undefined}"sv,
                                      "{\"a\" \"b\"}"sv,
                                      "{\"a\":1 \"b\":2}"sv,
                                      "{\"a\":\"b}"sv,
                                      "{\"a\":\"\t\"}"sv,
                                      "{\"a\":\"\n\"}"sv,
                                      "{\"a\":\"\x1F\"}"sv,
                                      "{\"a\":\"\0\"}"sv,
                                      "{\"a\":\"\\x41\"}"sv,
                                      "{\"a\":\"\\'\"}"sv,
                                      "{\"a\":\"\\u12\"}"sv,
                                      "{\"a\":\"\\u123g\"}"sv,
                                      "{\"a\":\"\\U0041\"}"sv,
                                      "{\"a\":[}"sv,
                                      "{\"a\":[1}"sv,
                                      "{]"sv,
                                      "{\0\"a\":1}"sv,
                                      "{1:2}"sv,
                                      "{\"a\":1;}"sv}) {
    CAPTURE(text);
    CHECK(!reads(text));
  }
}

TEST_CASE("NUL and lone surrogates are refused in keys and strings at any depth") {
  for (const std::string_view escape :
       {"\\u0000", "\\ud800", "\\udc00", "\\uDFFF", "\\ud800x", "\\ud800\\u0041", "\\ud800\\ud800",
        "\\udc00\\ud800", "\\ud83d\\n", "\\uD83D"}) {
    CAPTURE(escape);
    const std::string text = "\"" + std::string(escape) + "\"";
    CHECK(!reads("{\"a\":" + text + "}"));
    CHECK(!reads("{" + text + ":1}"));
    CHECK(!reads("{\"a\":[{\"b\":[" + text + "]}]}"));
    CHECK(!reads("{\"a\":{" + text + ":null}}"));
  }
  CHECK(string_in("{\"a\":\"\\ud83d\\ude00\"}") == "\xF0\x9F\x98\x80");
  CHECK(string_in("{\"a\":\"\\uD7FF\\uE000\"}") == "\xED\x9F\xBF\xEE\x80\x80");
}

TEST_CASE("bytes that are no UTF-8 are refused") {
  for (const std::string_view bytes : {"\x80",
                                       "\xBF",
                                       "\xC0\x80",
                                       "\xC0\xAF",
                                       "\xC1\xBF",
                                       "\xC2",
                                       "\xC2\x41",
                                       "\xE0\x80\x80",
                                       "\xE0\x9F\xBF",
                                       "\xE2\x82",
                                       "\xED\xA0\x80",
                                       "\xED\xBF\xBF",
                                       "\xED\xA0\xBD\xED\xB8\x80",
                                       "\xF0\x80\x80\x80",
                                       "\xF0\x8F\xBF\xBF",
                                       "\xF0\x9F\x98",
                                       "\xF4\x90\x80\x80",
                                       "\xF5\x80\x80\x80",
                                       "\xF8\x88\x80\x80\x80",
                                       "\xFC\x84\x80\x80\x80\x80",
                                       "\xFE",
                                       "\xFF"}) {
    CAPTURE(bytes);
    const std::string text = "\"x" + std::string(bytes) + "y\"";
    CHECK(!reads("{\"a\":" + text + "}"));
    CHECK(!reads("{" + text + ":1}"));
    CHECK(!reads("{\"a\":\"" + std::string(bytes) + "\"}"));
    CHECK(!reads("{\"a\":1}" + std::string(bytes)));
  }
  for (const std::string_view bytes :
       {"\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "\xEF\xBB\xBF"}) {
    CAPTURE(bytes);
    CHECK(string_in("{\"a\":\"" + std::string(bytes) + "\"}") == bytes);
  }
}

TEST_CASE("every sequence of two bytes and many of three are UTF-8 or refused") {
  const auto is_utf8_pair = [](unsigned a, unsigned b) {
    const auto plain = [](unsigned c) { return 0x20 <= c && c < 0x80 && c != '"' && c != '\\'; };
    return (plain(a) && plain(b)) || (0xC2 <= a && a <= 0xDF && (b & 0xC0U) == 0x80U);
  };
  for (unsigned a = 0; a < 256; ++a) {
    for (unsigned b = 0; b < 256; ++b) {
      if (a == '\\' || a == '"' || b == '"') continue;
      std::string text = "{\"a\":\"..\"}";
      text[6] = static_cast<char>(a);
      text[7] = static_cast<char>(b);
      if (reads(text) != is_utf8_pair(a, b)) FAIL_CHECK("bytes ", a, " ", b);
    }
  }
}

TEST_CASE("a number of any size is JSON") {
  CHECK(reads("{\"a\":1e308}"));
  CHECK(reads("{\"a\":1e999}"));
  CHECK(reads("{\"a\":-1e400}"));
  CHECK(reads("{\"a\":1e-400}"));
  CHECK(reads("{\"a\":[" + std::string(400, '9') + "]}"));
  CHECK(reads("{\"a\":-0}"));
  CHECK(reads("{\"a\":123456789012345678901234567890}"));
  // Beyond an int's exponent.
  CHECK(reads("{\"a\":1e99999999999999999999}"));
  CHECK(reads("{\"a\":[0E-99999999999999999999,1.5e+99999999999999999999]}"));
}

TEST_CASE("behind a huge exponent the text is read as strictly as before it") {
  const std::string huge = "{\"a\":1e99999999999";
  CHECK(!reads(huge));
  CHECK(!reads(huge + "e1}"));
  CHECK(!reads(huge + "x}"));
  CHECK(!reads(huge + "99999999999999999999.5}"));
  CHECK(!reads(huge + "}{}"));
  CHECK(!reads(huge + ",\"b\":tru99999}"));
  CHECK(!reads(huge + ",\"b\":\"\xff\"}"));
  CHECK(!reads("{\"a\":1e+-99999999999}"));
  CHECK(!reads("{\"a\":e99999999999,\"b\":1e99999999999}"));
  CHECK(has_duplicate(huge + ",\"\\u0061\":2}"));
  CHECK(!has_duplicate(huge + ",\"e12345\":1,\"e12346\":2}"));
  CHECK(!has_duplicate(huge + ",\"\\\"e12345\":1,\"\\\"e12346\":2}"));
}

TEST_CASE("nesting ends at sixteen") {
  CHECK(reads(nested(16)));
  CHECK(!reads(nested(17)));
  CHECK(!reads("{\"a\":" + std::string(100'000, '[')));
  CHECK(read_json_body(nested(17)).error() == "it nests deeper than 16");
}

TEST_CASE("duplicate keys are seen after unescaping at any depth") {
  CHECK(has_duplicate(R"({"a":1,"a":1})"));
  CHECK(has_duplicate(R"({"a":1,"\u0061":2})"));
  CHECK(has_duplicate(R"({"":1,"":2})"));
  CHECK(has_duplicate(R"({"x":[[{"y":{"k":1,"l":2,"k":3}}]]})"));
  CHECK(has_duplicate(R"({"é":1,"\u00e9":2})"));
  CHECK(has_duplicate(R"({"/":1,"\/":2})"));
  CHECK(has_duplicate(R"({"a":{"b":1},"c":{},"a":[]})"));
  CHECK(!has_duplicate(R"({"a":{"a":{"a":1}},"b":{"a":1}})"));
  CHECK(!has_duplicate(R"({"a":"b","b":"a"})"));
  CHECK(!has_duplicate(R"({"a":1,"A":2})"));
  CHECK(!has_duplicate(R"({"a":["a","a"]})"));
  std::string many = "{";
  for (int i = 0; i < 5'000; ++i) many += "\"k" + std::to_string(i) + "\":{},";
  CHECK(!has_duplicate(many + "\"last\":0}"));
  CHECK(has_duplicate(many + "\"k17\":0}"));
}

TEST_CASE("a body is a tree in the order of the text") {
  const auto body =
      read_json_body(" {\"a\" : [\"x\", null, {\"b\": true}] ,\r\n\t\"c\":\"\\n\\u0041\"} ");
  REQUIRE(body.has_value());
  const auto& nodes = body->nodes();
  REQUIRE(nodes.size() == 10);
  CHECK(nodes[0].kind == JsonNode::Kind::object);
  CHECK(nodes[0].end == 10);
  CHECK(nodes[1].text == "a");
  CHECK(nodes[2].kind == JsonNode::Kind::array);
  CHECK(nodes[2].end == 8);
  CHECK(nodes[3].text == "x");
  CHECK(nodes[4].kind == JsonNode::Kind::null);
  CHECK(nodes[5].end == 8);
  CHECK(nodes[7].kind == JsonNode::Kind::boolean);
  CHECK(nodes[8].text == "c");
  CHECK(nodes[9].text == "\nA");
}
