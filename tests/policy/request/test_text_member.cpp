#include <doctest/doctest.h>

#include "ssmgate/request/text_member.hpp"

using namespace ssmgate;
using namespace std::string_view_literals;

namespace {

constexpr std::string_view kName = "SessionId";

}  // namespace

TEST_CASE("the text of a member, unescaped") {
  for (const auto find : {&find_text_member, &find_sole_member}) {
    CHECK(find(R"({"SessionId":"alice-0123"})", kName) == "alice-0123");
    CHECK(find(R"( { "Session\u0049d" : "a\u002d0" } )", kName) == "a-0");
  }
}

TEST_CASE("a body over 256 KiB is not read: it would hold everybody up") {
  const std::string head = R"({"SessionId":"a")";
  const std::string fits = head + std::string(256 * 1024 - head.size() - 1, ' ') + "}";
  for (const auto find : {&find_text_member, &find_sole_member}) {
    CHECK(find(fits, kName) == "a");
    CHECK_FALSE(find(fits + ' ', kName));
  }
}

TEST_CASE("another member beside it is another text for a reader that is not strict with names") {
  for (const auto body :
       {R"({"SessionId":"a","sessionId":"b"})"sv, R"({"SESSIONID":"b","SessionId":"a"})"sv,
        R"({"SessionId":"a","X":1})"sv, R"({"SessionId":"a","X":{"SessionId":"b"}})"sv}) {
    CAPTURE(body);
    CHECK(find_text_member(body, kName) == "a");
    CHECK_FALSE(find_sole_member(body, kName));
  }
}

TEST_CASE("a body in which two readers could find two texts has none") {
  for (const auto body : {""sv,
                          "{"sv,
                          "{}"sv,
                          "[]"sv,
                          R"(["SessionId","a"])"sv,
                          R"("SessionId")"sv,
                          R"({"SessionId":5})"sv,
                          R"({"SessionId":null})"sv,
                          R"({"SessionId":["a"]})"sv,
                          R"({"SessionId":{"SessionId":"a"}})"sv,
                          R"({"X":{"SessionId":"a"}})"sv,
                          R"({"sessionId":"a"})"sv,
                          R"({"SessionId ":"a"})"sv,
                          R"({"SessionId":"a","SessionId":"b"})"sv,
                          R"({"SessionId":"a","Session\u0049d":"b"})"sv,
                          R"({"SessionId":"a"}{})"sv,
                          R"({"SessionId":"a",})"sv,
                          "{\"SessionId\":\"a\0\"}"sv,
                          R"({"SessionId":"a\u0000"})"sv,
                          "{\"SessionId\":\"a\"}\0"sv,
                          "\xef\xbb\xbf{\"SessionId\":\"a\"}"sv}) {
    CAPTURE(body);
    CHECK_FALSE(find_text_member(body, kName));
    CHECK_FALSE(find_sole_member(body, kName));
  }
}
