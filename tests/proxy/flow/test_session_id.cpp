#include <doctest/doctest.h>

#include "flow/session_id.hpp"

using ssmgate::flow::find_session_id;

TEST_CASE("the session of a body") {
  CHECK(find_session_id(R"({"SessionId":"alice-0123"})") == "alice-0123");
  CHECK(find_session_id(R"({"TokenValue":"t","SessionId":"s\u001b"})") == "s\\u001b");
  for (const char* body : {"", "{", "[]", "{}", R"({"SessionId":5})", R"({"sessionid":"a"})",
                           R"({"TokenValue":"t"})"}) {
    CAPTURE(body);
    CHECK(find_session_id(body).empty());
  }
  CHECK(find_session_id(R"({"SessionId":")" + std::string(97, 'a') + "\"}").empty());
  CHECK(find_session_id(R"({"SessionId":"a")" + std::string(70'000, ' ') + "}").empty());
}
