// The head of a request: every code that concerns all operations, their order, and the claims.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "request/operations.hpp"
#include "ssmgate/request/aws_request.hpp"

using namespace ssmgate;

namespace {

constexpr std::string_view kSigned =
    "AWS4-HMAC-SHA256 Credential=ASIAY34FZKBOKMUTVV7A/20261123/us-east-1/ssm/aws4_request,"
    " SignedHeaders=host, Signature=0";
constexpr std::string_view kHost = "ssm.us-east-1.amazonaws.com";

// A sound request, for a test to spoil.
struct Sent {
  HttpRequest request{"POST",
                      "/",
                      {{"Host", kHost},
                       {"X-Amz-Target", "AmazonSSM.StartSession"},
                       {"Content-Type", "application/x-amz-json-1.1"},
                       {"Authorization", kSigned}},
                      R"({"Target":"i-0123456789abcdef0"})"};
  Authority authority{kHost, kHost, "us-east-1", "aws"};

  Sent& set(std::string_view name, std::string_view value) {
    for (HttpField& field : request.fields) {
      if (iequals(field.name, name)) field.value = value;
    }
    return *this;
  }
  Sent& add(std::string_view name, std::string_view value) {
    request.fields.push_back({name, value});
    return *this;
  }
  Sent& remove(std::string_view name) {
    std::erase_if(request.fields, [&](const HttpField& f) { return iequals(f.name, name); });
    return *this;
  }
  Sent& server_name(std::optional<std::string_view> sni) {
    authority.server_name = sni;
    return *this;
  }
  Sent& body(std::string_view text) {
    request.body = text;
    return *this;
  }
  [[nodiscard]] AwsRequest decode() const {
    return decode_aws_request(request, authority, "SSM-SessionManagerRunShell");
  }
  [[nodiscard]] std::string code() const {
    const AwsRequest decoded = decode();
    if (std::holds_alternative<StartSession>(decoded.what)) return "start-session";
    if (std::holds_alternative<OtherOperation>(decoded.what)) return "other";
    const auto& malformed = std::get<Malformed>(decoded.what);
    for (const char c : malformed.detail) CHECK((' ' <= c && c <= '~'));
    return std::string(name(malformed.code));
  }
};

}  // namespace

TEST_CASE("sound requests") {
  CHECK(Sent().code() == "start-session");
  CHECK(Sent().set("x-amz-target", "AmazonSSM.SendCommand").body("no JSON").code() == "other");
  CHECK(Sent().set("x-amz-target", "AmazonSSM.BrandNewOperation2").code() == "other");
  CHECK(Sent().add("Content-Encoding", "identity").code() == "start-session");
}

TEST_CASE("target headers") {
  CHECK(Sent().remove("X-Amz-Target").code() == "target-header");
  CHECK(Sent().add("x-amz-target", "AmazonSSM.StartSession").code() == "target-header");
  CHECK(Sent().add("X-AMZ-TARGET", "AmazonSSM.ListNodes").code() == "target-header");
  for (const std::string_view name :
       {"X_Amz_Target", "x-amz_target", "XAmzTarget", "x.amz.target"}) {
    CHECK(Sent().add(name, "AmazonSSM.StartSession").code() == "target-header");
    CHECK(Sent().remove("X-Amz-Target").add(name, "AmazonSSM.ListNodes").code() == "target-header");
  }
  for (const std::string_view target : {"",
                                        "StartSession",
                                        "AmazonSSM",
                                        "AmazonSSM.",
                                        "amazonssm.StartSession",
                                        "AmazonSSM.startSession",
                                        "AmazonSSM.startsession",
                                        "AmazonSSM.STARTSESSION",
                                        "AmazonSSM.Startsession",
                                        "AmazonSSM.sendCommand",
                                        "AmazonSSM.SENDCOMMAND",
                                        "AmazonSSM.StartSession ",
                                        " AmazonSSM.StartSession",
                                        "AmazonSSM.Start Session",
                                        "AmazonSSM.StartSession.x",
                                        "AmazonSSM..StartSession",
                                        "AmazonSSM_20141106.StartSession",
                                        "AmazonSSM.1Start",
                                        "AmazonSSM.Start-Session",
                                        "AmazonSSM.StartSession,AmazonSSM.X",
                                        "com.amazonaws.ssm#AmazonSSM.StartSession",
                                        "AmazonSSM.StartSessi\xC3\xB6n",
                                        "AWSSSM.StartSession"}) {
    CAPTURE(target);
    CHECK(Sent().set("X-Amz-Target", target).code() == "target-header");
  }
  const std::string endless = "AmazonSSM." + std::string(129, 'A');
  CHECK(Sent().set("X-Amz-Target", endless).code() == "target-header");
}

TEST_CASE("operation names") {
  CHECK(is_operation_name("AddTagsToResource"));
  CHECK(is_operation_name("UpdateServiceSetting"));
  CHECK(is_operation_name("A"));
  CHECK(!is_operation_name("updateServiceSetting"));
  CHECK(!is_operation_name("UpdateservicesettinG"));
  CHECK(!is_operation_name("anything"));
}

TEST_CASE("request lines") {
  const auto code = [](std::string_view method, std::string_view target) {
    Sent sent;
    sent.request.method = method;
    sent.request.target = target;
    return sent.code();
  };
  for (const std::string_view method : {"GET", "PUT", "post", "Post", "HEAD", "OPTIONS", ""}) {
    CAPTURE(method);
    CHECK(code(method, "/") == "request-line");
  }
  for (const std::string_view target :
       {"", "//", "/?", "/?Action=StartSession", "/foo", "/#x", "*", "/.", "/%2f", "http://a/",
        "https://ssm.us-east-1.amazonaws.com/", "/service/AmazonSSM/operation/StartSession"}) {
    CAPTURE(target);
    CHECK(code("POST", target) == "request-line");
  }
}

TEST_CASE("a query may be a secret and is not shown") {
  Sent sent;
  sent.request.target = "/?X-Amz-Security-Token=SECRET?SECRET";
  const AwsRequest decoded = sent.decode();
  const std::string& detail = std::get<Malformed>(decoded.what).detail;
  CHECK(detail == "the request must be `POST /`, not `POST /` with a query");
}

TEST_CASE("content types") {
  CHECK(Sent().remove("Content-Type").code() == "content-type");
  CHECK(Sent().add("content-type", "application/x-amz-json-1.1").code() == "content-type");
  for (const std::string_view type :
       {"", "application/x-amz-json-1.0", "application/json", "Application/X-Amz-Json-1.1",
        "application/x-amz-json-1.1; charset=utf-8", "application/x-amz-json-1.1;",
        "application/x-www-form-urlencoded", "application/cbor"}) {
    CAPTURE(type);
    CHECK(Sent().set("Content-Type", type).code() == "content-type");
  }
}

TEST_CASE("content encodings") {
  for (const std::string_view encoding :
       {"", "gzip", "identity, gzip", "aws-chunked", "Gzip", "br"}) {
    CAPTURE(encoding);
    CHECK(Sent().add("Content-Encoding", encoding).code() == "content-encoding");
    CHECK(Sent().add("content-encoding", "identity").add("CONTENT-ENCODING", encoding).code() ==
          "content-encoding");
  }
}

TEST_CASE("names of the endpoint") {
  for (const std::string_view host :
       {"SSM.us-east-1.AmazonAWS.com", "ssm.us-east-1.amazonaws.com.",
        "ssm.us-east-1.amazonaws.com:443", "ssm.us-east-1.amazonaws.com.:443"}) {
    CAPTURE(host);
    CHECK(Sent().set("Host", host).code() == "start-session");
  }
  for (const std::string_view host :
       {"", "ssm.us-east-1.amazonaws.com..", "ssm.us-east-1.amazonaws.com:8443",
        "ssm.us-east-1.amazonaws.com:", "ssm.us-east-1.amazonaws.com:0443",
        "ssm.us-east-1.amazonaws.com:443:443", "ssm.us-east-1.amazonaws.com:443.",
        "ssm.us-west-2.amazonaws.com", "ssm-fips.us-east-1.amazonaws.com", "localhost",
        "ssm.us-east-1.amazonaws.com,x", "a@ssm.us-east-1.amazonaws.com", ":443", "."}) {
    CAPTURE(host);
    CHECK(Sent().set("Host", host).code() == "endpoint-mismatch");
  }
  CHECK(Sent().remove("Host").code() == "endpoint-mismatch");
  CHECK(Sent().add("host", kHost).code() == "endpoint-mismatch");
  CHECK(Sent().server_name(std::nullopt).code() == "endpoint-mismatch");
  CHECK(Sent().server_name("").code() == "endpoint-mismatch");
  CHECK(Sent().server_name("ssm.us-west-2.amazonaws.com").code() == "endpoint-mismatch");
  CHECK(Sent().server_name("ssm.us-east-1.amazonaws.com:443").code() == "endpoint-mismatch");
  CHECK(Sent().server_name("SSM.US-EAST-1.amazonaws.com.").code() == "start-session");
}

TEST_CASE("the scope of the signature") {
  const auto code = [](std::string_view scope) {
    const std::string value = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/" +
                              std::string(scope) + ", SignedHeaders=host, Signature=0";
    return Sent().set("Authorization", value).code();
  };
  CHECK(code("us-east-1/ssm/aws4_request") == "start-session");
  CHECK(code("us-west-2/ssm/aws4_request") == "endpoint-mismatch");
  CHECK(code("US-EAST-1/ssm/aws4_request") == "endpoint-mismatch");
  CHECK(code("us-east-1/ec2/aws4_request") == "endpoint-mismatch");
  CHECK(code("us-east-1/SSM/aws4_request") == "endpoint-mismatch");
  CHECK(code("us-east-1/ssm") == "unsigned");
  CHECK(code("us-east-1/ssm/aws4_request/x") == "unsigned");
}

TEST_CASE("requests that nobody signed") {
  CHECK(Sent().remove("Authorization").code() == "unsigned");
  CHECK(Sent().add("authorization", kSigned).code() == "unsigned");
  CHECK(Sent().add("authorization", "Basic eDp5").code() == "unsigned");
  CHECK(Sent().set("Authorization", "Bearer x").code() == "unsigned");
  CHECK(Sent().set("Authorization", "").code() == "unsigned");
}

TEST_CASE("of several faults the first of the table is reported") {
  Sent sent;
  sent.remove("Authorization");
  CHECK(sent.code() == "unsigned");
  sent.set("Host", "x");
  CHECK(sent.code() == "endpoint-mismatch");
  sent.body(R"({"Target":"i-0123456789abcdef0","DocumentName":"a/b"})");
  CHECK(sent.code() == "document");
  const std::string large(kMaxStartSessionBody + 1, ' ');
  sent.body(large);
  CHECK(sent.code() == "too-large");
  sent.add("Content-Encoding", "gzip");
  CHECK(sent.code() == "content-encoding");
  sent.set("Content-Type", "x");
  CHECK(sent.code() == "content-type");
  sent.request.method = "GET";
  CHECK(sent.code() == "request-line");
  sent.set("X-Amz-Target", "x");
  CHECK(sent.code() == "target-header");
  Sent other;
  other.set("X-Amz-Target", "AmazonSSM.SendCommand").body(large);
  CHECK(other.code() == "other");
}

TEST_CASE("claims are filled as far as they can be read") {
  const Claims sound = Sent().decode().claims;
  CHECK(sound.operation == "StartSession");
  CHECK(sound.access_key == "ASIAY34FZKBOKMUTVV7A");
  CHECK(sound.account == "609629065308");
  CHECK(sound.region == "us-east-1");
  const Claims broken = Sent().body("x").set("Content-Type", "x").decode().claims;
  CHECK(broken.operation == "StartSession");
  CHECK(broken.account == "609629065308");
  const Claims twice = Sent().add("Authorization", kSigned).decode().claims;
  CHECK(twice.access_key.empty());
  CHECK(twice.account.empty());
  CHECK(twice.region == "us-east-1");
  CHECK(Sent().set("X-Amz-Target", "AmazonSSM.startsession").decode().claims.operation.empty());
}

TEST_CASE("a host without a region takes the scope's") {
  Sent sent;
  sent.authority = {"ssm.example.internal", "ssm.example.internal", "", ""};
  sent.set("Host", "ssm.example.internal");
  CHECK(sent.code() == "start-session");
  CHECK(sent.decode().claims.region == "us-east-1");
  sent.body(R"({"Target":"i-0123456789abcdef0",
                "DocumentName":"arn:aws:ssm:us-west-2::document/AWS-StartSSHSession"})");
  CHECK(sent.code() == "document");
  sent.remove("Authorization");
  CHECK(sent.code() == "unsigned");
  CHECK(sent.decode().claims.region.empty());
}
