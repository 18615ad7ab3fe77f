#include "admin/json.hpp"

#include <doctest/doctest.h>

namespace ssmgate::admin {

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
  CHECK(JsonObject().text("a\"", "\"\\\n\x1b</script>\xc3\xbc").done() ==
        R"({"a\"":"\"\\\u000a\u001b</script>\u00fc"})");
}

}  // namespace ssmgate::admin
