// SigV4 claims, and the account inside an access key id.
#include <doctest/doctest.h>

#include "ssmgate/request/credential.hpp"

using namespace ssmgate;

namespace {

constexpr std::string_view kGood =
    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261123/us-east-1/ssm/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=00";

}  // namespace

TEST_CASE("a credential is read") {
  const auto credential = parse_credential(kGood);
  REQUIRE(credential.has_value());
  CHECK(credential->access_key == "AKIAIOSFODNN7EXAMPLE");
  CHECK(credential->date == "20261123");
  CHECK(credential->region == "us-east-1");
  CHECK(credential->service == "ssm");
  CHECK(parse_credential("AWS4-HMAC-SHA256 Signature=0,Credential=A/20261123/r/s/aws4_request"));
}

TEST_CASE("what is no credential") {
  for (const std::string_view text : {
           "",
           "AWS4-HMAC-SHA256",
           "AWS4-HMAC-SHA256 ",
           "aws4-hmac-sha256 Credential=A/20261123/r/s/aws4_request",
           "AWS4-HMAC-SHA256Credential=A/20261123/r/s/aws4_request",
           "AWS4-HMAC-SHA2560 Credential=A/20261123/r/s/aws4_request",
           "AWS4-ECDSA-P256-SHA256 Credential=A/20261123/s/aws4_request",
           "Basic AWS4-HMAC-SHA256 Credential=A/20261123/r/s/aws4_request",
           "AWS4-HMAC-SHA256 SignedHeaders=host",
           "AWS4-HMAC-SHA256 credential=A/20261123/r/s/aws4_request",
           "AWS4-HMAC-SHA256 Credential=/20261123/r/s/aws4_request",
           "AWS4-HMAC-SHA256 Credential=A/20261123//s/aws4_request",
           "AWS4-HMAC-SHA256 Credential=A/20261123/r//aws4_request",
           "AWS4-HMAC-SHA256 Credential=A/2026112/r/s/aws4_request",
           "AWS4-HMAC-SHA256 Credential=A/2026112x/r/s/aws4_request",
           "AWS4-HMAC-SHA256 Credential=A/20261123/r/s/aws4_requestx",
           "AWS4-HMAC-SHA256 Credential=A/20261123/r/s/aws4_request/x",
           "AWS4-HMAC-SHA256 Credential=A/20261123/r/s",
           "AWS4-HMAC-SHA256 Credential=A/B/20261123/r/s/aws4_request",
           "AWS4-HMAC-SHA256 Credential=A B/20261123/r/s/aws4_request",
           "AWS4-HMAC-SHA256 Credential=A\x01/20261123/r/s/aws4_request",
           "AWS4-HMAC-SHA256 Credential=A/20261123/r/s/aws4_request SignedHeaders=host",
           "AWS4-HMAC-SHA256 Credential=A/20261123/r/s/aws4_request,"
           " Credential=B/20261123/r/s/aws4_request",
           "AWS4-HMAC-SHA256 Credential=A/20261123/r/s/aws4_request,"
           " credential=B/20261123/r/s/aws4_request",
           "AWS4-HMAC-SHA256 Credential=A/20261123/r/s/aws4_request, Signature=0, Signature=1",
           "AWS4-HMAC-SHA256 Credential=A/20261123/r/s/aws4_request, Signature=",
           "AWS4-HMAC-SHA256 Credential=A/20261123/r/s/aws4_request, SignedHeaders=host,,",
           "AWS4-HMAC-SHA256 Credential=A/20261123/r/s/aws4_request, New=1",
       }) {
    CAPTURE(text);
    CHECK(!parse_credential(text));
  }
}

// SOURCE: the first pair is published (a short note on AWS key ID); the others were computed.
TEST_CASE("the account in an access key id") {
  CHECK(find_account("ASIAY34FZKBOKMUTVV7A") == "609629065308");
  CHECK(find_account("ASIAQNZGKIQY56JQ7WML") == "029608264753");
  CHECK(find_account("AKIAY34FZKBOKMUTVV7A") == "609629065308");
  CHECK(find_account("AKIAQAAAAAAAAAAAAAAA") == "000000000000");
  CHECK(find_account("AKIAQAAAAAAAA7777777") == "000000000000");
}

TEST_CASE("keys that carry no account") {
  for (const std::string_view key :
       {"", "AKIA", "AKIAIOSFODNN7EXAMPLE", "AKIAJ34FZKBOKMUTVV7A", "AKIAA34FZKBOKMUTVV7A",
        "AKIAP34FZKBOKMUTVV7A", "AROAY34FZKBOKMUTVV7A", "ABIAY34FZKBOKMUTVV7A",
        "akiay34fzkbokmutvv7a", "asiaY34FZKBOKMUTVV7A", "ASIAY34FZKBOKMUTVV7",
        "ASIAY34FZKBOKMUTVV7AA", "ASIAY34FZKBOKMUTVV71", "ASIAY34FZKB0KMUTVV7A",
        "ASIA134FZKBOKMUTVV7A", "ASIAy34FZKBOKMUTVV7A", "AKIA7777777777777777"}) {
    CAPTURE(key);
    CHECK(!find_account(key));
  }
}
