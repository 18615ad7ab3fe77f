// What real clients sent decodes to what their users asked for.
#include <doctest/doctest.h>

#include <string>

#include "ssmgate/names/endpoint.hpp"
#include "ssmgate/request/aws_request.hpp"
#include "support/capture.hpp"
#include "support/result.hpp"

using namespace ssmgate;
using test::Capture;

namespace {

constexpr std::string_view kShell = "SSM-SessionManagerRunShell";

StartSession read(std::string_view name) {
  const Capture capture(name);
  return test::value_of(decode_start_session(capture.request().body, kShell, {"us-east-1", "aws"}));
}

// Most captures were taken on a local port; their connection is opened for what their Host says.
AwsRequest decode(const Capture& capture, std::string_view connect_host) {
  const auto endpoint = find_endpoint(connect_host);
  REQUIRE(endpoint.has_value());
  return decode_aws_request(capture.request(),
                            {endpoint->host, endpoint->host, endpoint->region, endpoint->partition},
                            kShell);
}

std::string code_of(const AwsRequest& request) {
  const auto* malformed = std::get_if<Malformed>(&request.what);
  return malformed != nullptr ? std::string(name(malformed->code)) : "ok";
}

}  // namespace

TEST_CASE("forwards to a remote host of all clients are one request") {
  for (const std::string_view name : {"awscli1-remote-host", "awscli2-start-session",
                                      "boto3-remote-host", "jssdk3-remote-host"}) {
    CAPTURE(name);
    const StartSession session = read(name);
    CHECK(session.target.text() == "i-0123456789abcdef0");
    CHECK(session.document->text() == "AWS-StartPortForwardingSessionToRemoteHost");
    REQUIRE(session.host.has_value());
    CHECK(session.host->text() == "db.internal.example.com");
    CHECK(session.port == 5432);
  }
}

TEST_CASE("the other captured sessions") {
  CHECK(!read("awscli1-shell-no-document").document);
  CHECK(!read("awscli1-session-token").document);
  CHECK(read("awscli1-ecs-target").target.text().starts_with("ecs:"));
  CHECK(read("awscli1-port-forwarding").document.has_value());
  CHECK(read("awscli1-port-forwarding").port == 22);
  CHECK(read("awscli1-port-forwarding").local_port == 10022);
  const StartSession owned = read("awscli1-document-arn-aws-owned");
  CHECK(owned.document->owner() == Document::Owner::aws);
  const StartSession shared = read("awscli1-document-arn-shared");
  CHECK(shared.document->owner() == Document::Owner::account);
  CHECK(shared.document->text() ==
        "arn:aws:ssm:us-east-1:111122223333:document/My-Shared-Session-Doc");
}

TEST_CASE("two hosts in one list are refused") {
  const Capture capture("awscli1-remote-host-two-hosts");
  const auto session = decode_start_session(capture.request().body, kShell, {});
  REQUIRE(!session.has_value());
  CHECK(session.error().code == Code::value_count);
}

TEST_CASE("whole requests of the AWS CLI to odd endpoints") {
  const std::string_view plain = "ssm.us-east-1.amazonaws.com";
  const std::string_view vpce = "vpce-0fe5b17a0707d6abc-29p5708s.ssm.us-east-1.vpce.amazonaws.com";
  CHECK(code_of(decode(Capture("odd-trailing-dot"), plain)) == "ok");
  CHECK(code_of(decode(Capture("odd-vpce"), vpce)) == "ok");
  CHECK(code_of(decode(Capture("odd-vpce"), plain)) == "endpoint-mismatch");
  CHECK(code_of(decode(Capture("odd-ip"), plain)) == "endpoint-mismatch");
  CHECK(code_of(decode(Capture("odd-port"), plain)) == "endpoint-mismatch");
  CHECK(code_of(decode(Capture("odd-path"), plain)) == "request-line");
  CHECK(code_of(decode(Capture("odd-plain-http-absolute"), plain)) == "request-line");
}

TEST_CASE("every captured request names its operation and its claim") {
  const std::pair<std::string_view, std::string_view> kOperations[] = {
      {"awscli1-resume-session", "ResumeSession"},
      {"plugin-resume-session", "ResumeSession"},
      {"awscli1-terminate-session", "TerminateSession"},
      {"awscli1-connection-status", "GetConnectionStatus"},
      {"awscli1-send-command", "SendCommand"},
      {"awscli1-start-automation", "StartAutomationExecution"},
      {"awscli1-start-access-request", "StartAccessRequest"},
      {"jssdk3-remote-host", "StartSession"},
      {"awscli1-session-token", "StartSession"}};
  for (const auto& [name, operation] : kOperations) {
    CAPTURE(name);
    const Capture capture(name);
    const AwsRequest request = decode(capture, "ssm.us-east-1.amazonaws.com");
    CHECK(request.claims.operation == operation);
    CHECK(!request.claims.access_key.empty());
    CHECK(request.claims.region == "us-east-1");
    const std::string code = code_of(request);
    const bool local = capture.field("host").starts_with("localhost");
    CHECK(code == (local ? "endpoint-mismatch" : "ok"));
  }
}
