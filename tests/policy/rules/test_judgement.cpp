// What `decide` does with requests other than StartSession, and with those that are malformed.
#include <doctest/doctest.h>

#include "rules/message.hpp"
#include "ssmgate/rules/decide.hpp"

using namespace ssmgate;

namespace {

std::shared_ptr<const Policy> load(std::string_view text) {
  LoadedPolicy loaded = load_policy(text);
  REQUIRE(loaded.policy != nullptr);
  return loaded.policy;
}

AwsRequest operation(std::string name) {
  AwsRequest request;
  request.claims.operation = std::move(name);
  request.what = OtherOperation{};
  return request;
}

constexpr std::string_view kPolicy =
    "version: 1\n"
    "mode: report\n"
    "until: 9999-12-31\n"
    "operations: {deny: [SendCommand, \"Start*Execution\", \"?elete*\", \"S*\"]}\n"
    "message: Ask us.\n";

}  // namespace

TEST_CASE("another operation is relayed unless the policy denies it in every mode") {
  const auto policy = load(kPolicy);
  for (const char* name : {"SendCommand", "StartAutomationExecution", "DeleteDocument"}) {
    const Judgement judged = decide(*policy, Caller{}, operation(name));
    CAPTURE(name);
    CHECK(std::holds_alternative<Denial>(judged));
    CHECK(finding(judged).code == Code::operation_denied);
    CHECK(finding(judged).decision == Decision::deny);
    CHECK(finding(judged).effect == Effect::refuse);
    CHECK(finding(judged).message.find("Ask us.") != std::string::npos);
  }
  for (const char* name : {"GetConnectionStatus", "TerminateSession", "sendCommand"}) {
    const Judgement judged = decide(*policy, Caller{}, operation(name));
    CAPTURE(name);
    CHECK(std::holds_alternative<Permit>(judged));
    CHECK(finding(judged).code == Code::allowed);
  }
}

TEST_CASE("a glob under operations never reaches StartSession") {
  const auto policy =
      load("version: 1\noperations: {deny: \"*\"}\nallow: [{id: a, documents: [Doc]}]\n");
  auto session = decode_start_session(R"({"Target":"i-0123456789abcdef0","DocumentName":"Doc"})",
                                      policy->default_document(), {});
  REQUIRE(session.has_value());
  AwsRequest request;
  request.claims.operation = "StartSession";
  request.what = std::move(*session);
  CHECK(std::holds_alternative<Permit>(decide(*policy, Caller{}, request)));
}

TEST_CASE("a malformed request is refused in every mode with its code") {
  const auto policy = load(kPolicy);
  AwsRequest request = operation("StartSession");
  request.what = Malformed{Code::duplicate_key, "two `Target`\n\x1B[31m"};
  const Judgement judged = decide(*policy, Caller{}, request);
  REQUIRE(std::holds_alternative<Denial>(judged));
  CHECK(finding(judged).decision == Decision::malformed);
  CHECK(finding(judged).effect == Effect::refuse);
  CHECK(finding(judged).code == Code::duplicate_key);
  CHECK(finding(judged).message ==
        "ssmgate refused this request as malformed (duplicate-key): two "
        "`Target`\\u000a\\u001b[31m. Ask us.");
}

TEST_CASE("a permit exists only for what is relayed") {
  const auto policy = load("version: 1\n");
  CHECK(std::holds_alternative<Permit>(decide(*policy, Caller{}, operation("GetParameter"))));
  auto session =
      decode_start_session(R"({"Target":"i-0123456789abcdef0"})", policy->default_document(), {});
  REQUIRE(session.has_value());
  AwsRequest request;
  request.what = std::move(*session);
  const Judgement judged = decide(*policy, Caller{}, request);
  REQUIRE(std::holds_alternative<Denial>(judged));
  CHECK(finding(judged).code == Code::no_rule);
}

// So many that they are found by an index: not by a criterion that the document passes over.
TEST_CASE("many rules whose document passes over their hosts still allow") {
  std::string text = "version: 1\nallow:\n";
  for (int i = 0; i < 40; ++i) {
    const std::string number = std::to_string(i);
    text += "  - {id: r" + number + ", hosts: [h" + number +
            ".example.com], ports: any, documents: [AWS-StartPortForwardingSession, "
            "AWS-StartPortForwardingSessionToRemoteHost]}\n";
  }
  const auto policy = load(text);
  auto session = decode_start_session(
      R"({"Target":"i-0123456789abcdef0","DocumentName":"AWS-StartPortForwardingSession",)"
      R"("Parameters":{"portNumber":["8080"]}})",
      policy->default_document(), {});
  REQUIRE(session.has_value());
  AwsRequest request;
  request.what = std::move(*session);
  const Judgement judged = decide(*policy, Caller{}, request);
  CHECK(finding(judged).code == Code::allowed);
  CHECK(finding(judged).rule == "r0");
}

TEST_CASE("the policy's message is one line and keeps its letters") {
  CHECK(one_line("  Frag \n im\tKanal\r\n") == "Frag im Kanal");
  CHECK(one_line("\xE8\xAB\x8B\xE6\xB1\x82") == "\xE8\xAB\x8B\xE6\xB1\x82");
  CHECK(one_line("a\x1B[0m") == "a\\u001b[0m");
  CHECK(one_line(" ").empty());
}
