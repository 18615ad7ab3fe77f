#include <doctest/doctest.h>

#include "ssmgate/request/sole_member.hpp"

using ssmgate::find_sole_member;

namespace {

constexpr std::string_view kName = "SessionId";

}  // namespace

TEST_CASE("the text of the one member, unescaped") {
  CHECK(find_sole_member(R"({"SessionId":"alice-0123"})", kName) == "alice-0123");
  CHECK(find_sole_member(R"( { "Session\u0049d" : "a\u002d0" } )", kName) == "a-0");
}

TEST_CASE("a body in which another reader could find another text has none") {
  for (const char* body : {"",
                           "{",
                           "{}",
                           "[]",
                           R"(["SessionId","a"])",
                           R"("SessionId")",
                           R"({"SessionId":5})",
                           R"({"SessionId":null})",
                           R"({"SessionId":["a"]})",
                           R"({"SessionId":{"SessionId":"a"}})",
                           R"({"sessionId":"a"})",
                           R"({"SessionId ":"a"})",
                           R"({"SessionId":"a","SessionId":"b"})",
                           R"({"SessionId":"a","Session\u0049d":"b"})",
                           R"({"SessionId":"a","sessionId":"b"})",
                           R"({"SESSIONID":"b","SessionId":"a"})",
                           R"({"SessionId":"a","X":1})",
                           R"({"SessionId":"a","X":{"SessionId":"b"}})",
                           R"({"SessionId":"a"}{})",
                           R"({"SessionId":"a",})",
                           "{\"SessionId\":\"a\0\"}",
                           "\xef\xbb\xbf{\"SessionId\":\"a\"}"}) {
    CAPTURE(body);
    CHECK_FALSE(find_sole_member(body, kName));
  }
}
