#include "wire/json.hpp"

#include <doctest/doctest.h>

namespace ssmgate::wire {

TEST_CASE("an object is its members in their order") {
  CHECK(JsonObject().done() == "{}");
  CHECK(JsonObject()
            .text("a", "b")
            .number("n", 7)
            .truth("t", true)
            .text_or_null("none", std::optional<std::string>())
            .number_or_null("no", std::optional<std::int64_t>())
            .texts("list", {"x", "y"})
            .raw("o", JsonObject().done())
            .done() == R"({"a":"b","n":7,"t":true,"none":null,"no":null,"list":["x","y"],"o":{}})");
}

TEST_CASE("what came from outside is escaped") {
  CHECK(JsonObject().text("a", "\"\\\n\x1b</script>\xc3\xbc").done() ==
        R"({"a":"\"\\\u000a\u001b</script>\u00fc"})");
  CHECK(JsonObject().texts_of("a\"", {"\"\\\n\x1b</script>\xc3\xbc"}).done() ==
        R"({"a\"":["\"\\\u000a\u001b</script>\u00fc"]})");
}

TEST_CASE("a member holds what is escaped alone, of any length and wherever the odd byte stands") {
  for (std::size_t size = 0; size < 40; ++size) {
    for (std::size_t at = 0; at <= size; ++at) {
      for (const char odd : {'~', '"', '\n', '\x7f', '\xff'}) {
        std::string value(size, '!');
        if (at < size) value[at] = odd;
        const std::string text = "\"" + json_escape(value) + "\"";
        JsonObject object(size);  // with room for a part of it
        object.text("a", value).texts("b", {value, value}).texts_of(value, {}).number_of(value, -1);
        CHECK(object.take_members() == "\"a\":" + text + ",\"b\":[" + text + "," + text + "]," +
                                           text + ":[]," + text + ":-1");
      }
    }
  }
}

TEST_CASE("an object that was used up begins anew") {
  JsonObject object(100);
  CHECK(object.text("a", "b").take_members() == "\"a\":\"b\"");
  CHECK(object.number("n", 1).done() == R"({"n":1})");
  CHECK(object.done() == "{}");
}

TEST_CASE("json: pure ASCII") {
  CHECK(json_escape("") == "");
  CHECK(json_escape("a\"b\\c/") == "a\\\"b\\\\c/");
  CHECK(json_escape(std::string("\0\x1f\x7f\t", 4)) == "\\u0000\\u001f\\u007f\\u0009");
  CHECK(json_escape("\xc3\xa9 \xe2\x80\x94 \xf0\x9f\x98\x80") == "\\u00e9 \\u2014 \\ud83d\\ude00");
  CHECK(json_escape("\xf4\x8f\xbf\xbf") == "\\udbff\\udfff");
}

TEST_CASE("json: any byte at any place among plain ones") {
  for (int byte = 0; byte < 0x80; ++byte) {
    const std::string alone = json_escape(std::string(1, static_cast<char>(byte)));
    const bool plain = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
    CHECK((alone.size() == 1) == plain);
    for (std::size_t at = 0; at < 20; ++at) {
      std::string text(20, '!');
      text[at] = static_cast<char>(byte);
      CHECK(json_escape(text) == std::string(at, '!') + alone + std::string(19 - at, '!'));
    }
  }
  CHECK(json_escape(std::string(40, '~') + "\xc3\xbc") == std::string(40, '~') + "\\u00fc");
}

TEST_CASE("json: each byte that is no UTF-8 is one replacement") {
  CHECK(json_escape("\xff") == "\\ufffd");
  CHECK(json_escape("\xc3") == "\\ufffd");
  CHECK(json_escape("\xc3x") == "\\ufffdx");
  CHECK(json_escape("\xc0\xaf") == "\\ufffd\\ufffd");
  CHECK(json_escape("\xe0\x80\xaf") == "\\ufffd\\ufffd\\ufffd");
  CHECK(json_escape("\xed\xa0\x80") == "\\ufffd\\ufffd\\ufffd");
  CHECK(json_escape("\xf0\x80\x80\x80") == "\\ufffd\\ufffd\\ufffd\\ufffd");
  CHECK(json_escape("\xf4\x90\x80\x80") == "\\ufffd\\ufffd\\ufffd\\ufffd");
  CHECK(json_escape("\xe2\x80") == "\\ufffd\\ufffd");
}

}  // namespace ssmgate::wire
