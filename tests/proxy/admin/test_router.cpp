// Which route answers, and what is said where none does.
#include "admin/router.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>

namespace ssmgate::admin {
namespace {

const std::string kToken(64, 'a');

Answer saying(std::string text) {
  Answer answer;
  answer.body = std::move(text);
  return answer;
}

Router make_router() {
  Router router;
  router.answer("GET", "/", Access::read, [](const Call&) { return saying("page"); });
  router.answer("GET", "/v1/sessions", Access::read, [](const Call&) { return saying("all"); });
  router.answer("POST", "/v1/sessions/*/kill", Access::change,
                [](const Call& call) { return saying("kill " + call.captured.at(0)); });
  router.answer("GET", "/broken", Access::read,
                [](const Call&) -> Answer { throw std::runtime_error("secret"); });
  return router;
}

Answer ask(std::string method, std::string path, std::string host = "localhost",
           bool with_token = true) {
  Request request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.host = std::move(host);
  if (with_token) request.authorization = "Bearer " + kToken;
  std::vector<Answer> answers;
  make_router().dispatch(std::move(request), kToken,
                         [&](Answer answer) { answers.push_back(std::move(answer)); });
  REQUIRE(answers.size() == 1);
  return answers.front();
}

}  // namespace

TEST_CASE("a route is found by method and path") {
  CHECK(ask("GET", "/").body == "page");
  CHECK(ask("HEAD", "/").body == "page");
  CHECK(ask("GET", "/v1/sessions").body == "all");
  CHECK(ask("POST", "/v1/sessions/alice-0a1/kill").body == "kill alice-0a1");
}

TEST_CASE("what is not there is said so") {
  for (const char* path :
       {"/nothing", "/v1/sessions/", "/v1/sessions//kill", "/v1/sessions/a/b/kill", "//", "/v1",
        "/V1/sessions", "/v1/sessions/../sessions"}) {
    CAPTURE(path);
    CHECK(ask(path == std::string("/v1/sessions//kill") ? "POST" : "GET", path).status == 404);
  }
  const Answer wrong = ask("GET", "/v1/sessions/a/kill");
  CHECK(wrong.status == 405);
  const auto allow =
      std::ranges::find(wrong.fields, "Allow", &std::pair<std::string, std::string>::first);
  REQUIRE(allow != wrong.fields.end());
  CHECK(allow->second == "POST");
}

TEST_CASE("a stranger learns not even what there is") {
  CHECK(ask("GET", "/nothing", "evil.example").status == 403);
  CHECK(ask("GET", "/v1/sessions", "evil.example").status == 403);
}

TEST_CASE("a route that changes something wants the token") {
  CHECK(ask("POST", "/v1/sessions/a/kill", "localhost", false).status == 401);
  CHECK(ask("GET", "/v1/sessions", "localhost", false).status == 200);
}

TEST_CASE("a fault of our own is an answer without its words") {
  const Answer answer = ask("GET", "/broken");
  CHECK(answer.status == 500);
  CHECK(answer.body.find("secret") == std::string::npos);
}

}  // namespace ssmgate::admin
