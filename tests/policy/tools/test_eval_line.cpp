// Lines of `ssmgate eval --batch`: what cannot be read, and the exact shape of an answer.
#include <doctest/doctest.h>

#include "ssmgate/tools/eval.hpp"

using namespace ssmgate;

namespace {

const Policy& policy() {
  static const LoadedPolicy loaded = load_policy(
      "version: 1\n"
      "allow:\n"
      "  - {id: shell, documents: [SSM-SessionManagerRunShell]}\n"
      "  - {id: mine, accounts: [\"609629065308\"], documents: [Doc]}\n"
      "message: Frag \"uns\".\n");
  return *loaded.policy;
}

std::string answer(std::string_view line) {
  std::string out;
  (void)tools::evaluate_line(policy(), line, tools::Time{}, out);
  return out;
}

constexpr std::string_view kBody = R"("body": {"Target": "i-0123456789abcdef0"})";

std::string with(std::string_view members) {
  return "{" + std::string(kBody) + ", " + std::string(members) + "}";
}

bool is_error(std::string_view line) {
  std::string out;
  const bool read = tools::evaluate_line(policy(), line, tools::Time{}, out);
  CHECK(out.ends_with("}\n"));
  CHECK(out.starts_with("{\"error\": \"") == !read);
  return !read;
}

}  // namespace

TEST_CASE("lines that cannot be read answer with an error in their place") {
  for (const std::string& line : std::vector<std::string>{
           "",
           " ",
           "x",
           "[]",
           "{}",
           "{\"user\": \"a\"}",
           "{\"body\": 5}",
           "{\"body\": null}",
           "{\"body\": []}",
           "{\"body_base64\": {}}",
           "{\"body_base64\": \"a\"}",
           "{\"body_base64\": \"e30\"}",
           "{\"body_base64\": \"e31=\"}",
           "{\"body_base64\": \"e3 0=\"}",
           "{\"body\": {}, \"body_base64\": \"e30=\"}",
           "{\"body\": {}, \"body\": {}}",
           "{\"body\": {]}",
           "{\"body\": {}} x",
           with("\"usr\": \"a\""),
           with("\"user\": 5"),
           with("\"user\": \"\""),
           with("\"unix_groups\": \"a\""),
           with("\"unix_groups\": [1]"),
           with("\"client\": \"host\""),
           with("\"client\": \"10.0.0.0/8\""),
           with("\"account\": \"123\""),
           with("\"account\": \"????????????\""),
           with("\"account\": 111122223333"),
           with("\"region\": \"\""),
           with("\"region\": \"US EAST\""),
           with("\"at\": \"now\""),
           with("\"at\": \"2026-01-01T00:00:00\""),
           with("\"at\": \"9999-01-01\""),
           with("\"user\": \"a\", \"user\": \"a\""),
           std::string("{\"body\": {}, \"user\": \"\xFF\"}"),
           with("\"access_key\": \"ASIAY34FZKBOKMUTVV7A\", \"account\": \"111122223333\"")}) {
    CAPTURE(line);
    CHECK(is_error(line));
  }
}

TEST_CASE("an answer has the keys of the contract in one line") {
  CHECK(answer("{" + std::string(kBody) + "}") ==
        R"({"decision": "allow", "effect": "relay", "code": "allowed", "rule": "shell", )"
        R"("nearest": null, "reported": [], "message": "allowed by the rule `shell`", )"
        R"("target": "i-0123456789abcdef0"})"
        "\n");
  CHECK(
      answer(R"({"body": "{}"})")
          .starts_with(
              R"({"decision": "malformed", "effect": "refuse", "code": "member-type", "rule": null, )"
              R"("nearest": null, "reported": [], "message": "ssmgate refused)"));
  CHECK(answer(R"({"body": "{}"})").find(R"(Frag \"uns\".)") != std::string::npos);
}

TEST_CASE("a body is judged exactly as it was written") {
  const auto code = [](std::string_view line) {
    const std::string out = answer(line);
    const auto at = out.find("\"code\": \"") + 9;
    return out.substr(at, out.find('"', at) - at);
  };
  CHECK(code(R"({"body": {"Target": "i-0123456789abcdef0", "\u0054arget": "x"}})") ==
        "duplicate-key");
  CHECK(code(R"({"body": "{\"Target\": \"i-0123456789abcdef0\"} x"})") == "json");
  CHECK(code(R"({"body": "\ud800"})") == "json");
  CHECK(code(R"({"body": {"Target": "\ud800"}})") == "json");
  CHECK(
      code(
          R"({"body": {"Target": "i-0123456789abcdef0", "x": [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}})") ==
      "json");
  CHECK(code(R"({"body_base64": "77u/e30="})") == "json");  // a byte order mark
  CHECK(code(R"({"body_base64": "eyJUYXJnZXQiOiJpLTAxMjM0NTY3ODlhYmNkZWYwIn0="})") == "allowed");
  CHECK(code("{\"body\": \"" + std::string(256 * 1024 + 1, ' ') + "\"}") == "too-large");
}

TEST_CASE("the account comes from the access key unless it is said") {
  const auto rule = [](std::string_view members) {
    const std::string out =
        answer(R"({"body": {"Target": "i-0123456789abcdef0", "DocumentName": "Doc"}, )" +
               std::string(members) + "}");
    return out.find("\"rule\": \"mine\"") != std::string::npos;
  };
  // SOURCE: the published pair ASIAY34FZKBOKMUTVV7A ↔ 609629065308.
  CHECK(rule(R"("access_key": "ASIAY34FZKBOKMUTVV7A")"));
  CHECK(rule(R"("access_key": "ASIAY34FZKBOKMUTVV7A", "account": "609629065308")"));
  CHECK(rule(R"("access_key": "AKIAIOSFODNN7EXAMPLE", "account": "609629065308")"));
  CHECK(rule(R"("account": "609629065308")"));
  CHECK_FALSE(rule(R"("access_key": "AKIAIOSFODNN7EXAMPLE")"));
  CHECK_FALSE(rule(R"("user": null)"));
}
