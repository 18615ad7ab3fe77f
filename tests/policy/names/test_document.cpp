// Documents: two spellings of one are equal, and what could be read as another is refused.
#include <doctest/doctest.h>

#include <string>

#include "ssmgate/names/document.hpp"
#include "support/result.hpp"

using namespace ssmgate;
using namespace std::string_view_literals;

namespace {

const Place kPlace{"us-east-1", "aws"};

DocumentFault fault_of(std::string_view text, const Place& place = kPlace) {
  const auto document = parse_document(text, place);
  REQUIRE(!document);
  return document.error();
}

Document read(std::string_view text, const Place& place = kPlace) {
  return test::value_of(parse_document(text, place));
}

}  // namespace

TEST_CASE("names that are no document's") {
  for (const std::string_view text :
       {""sv, "ab"sv, "AWS StartSSHSession"sv, " AWS-StartSSHSession"sv, "AWS-StartSSHSession "sv,
        "AWS-StartSSHSession\0"sv, "a/b/c"sv, "d\xC3\xBCu"sv, "a:b"sv,
        "document/AWS-StartSSHSession"sv}) {
    CAPTURE(text);
    CHECK(fault_of(text) == DocumentFault::bad_name);
  }
  CHECK(read(std::string(128, 'x')).name().size() == 128);
  CHECK(fault_of(std::string(129, 'x')) == DocumentFault::bad_name);
  CHECK(fault_of("AWS-StartSSHSession:1") == DocumentFault::version_suffix);
  CHECK(fault_of("AWS-StartSSHSession:$LATEST") == DocumentFault::version_suffix);
  CHECK(fault_of("MyDocument:") == DocumentFault::version_suffix);
}

TEST_CASE("catalogued names in another case are refused") {
  for (const std::string_view text :
       {"aws-startsshsession", "AWS-StartSshSession", "Aws-StartPortForwardingSession",
        "AWS-STARTPORTFORWARDINGSESSIONTOREMOTEHOST", "ssm-sessionmanagerrunshell",
        "arn:aws:ssm:us-east-1::document/aws-startsshsession",
        "arn:aws:ssm:us-east-1:111122223333:document/AWS-startSSHSession"}) {
    CAPTURE(text);
    CHECK(fault_of(text) == DocumentFault::miscased);
  }
}

TEST_CASE("a reserved name and its ARN without an account are one document") {
  const auto plain = read("AWS-StartSSHSession");
  CHECK(plain.owner() == Document::Owner::aws);
  CHECK(read("arn:aws:ssm:us-east-1::document/AWS-StartSSHSession") == plain);
  CHECK(read("arn:aws:ssm:us-east-1::document/AWS-StartSSHSession").text() ==
        "AWS-StartSSHSession");
  CHECK(read("amazonfoo").owner() == Document::Owner::aws);
  CHECK(read("AMZN-x").owner() == Document::Owner::aws);
  CHECK(read("AwSfoo").owner() == Document::Owner::aws);
  CHECK(read("ama-zon").owner() == Document::Owner::caller);
  CHECK(read("My-AWS-Doc").owner() == Document::Owner::caller);
  CHECK(read("SSM-SessionManagerRunShell").owner() == Document::Owner::caller);
}

TEST_CASE("an ARN with an account is another document") {
  const std::string_view arn = "arn:aws:ssm:us-east-1:111122223333:document/AWS-StartSSHSession";
  const auto document = read(arn);
  CHECK(document.owner() == Document::Owner::account);
  CHECK(document.account() == "111122223333");
  CHECK(document.region() == "us-east-1");
  CHECK(document.partition() == "aws");
  CHECK(document.text() == arn);
  CHECK(!(document == read("AWS-StartSSHSession")));
}

TEST_CASE("ARNs that are no document's") {
  for (const std::string_view text :
       {"arn:", "arn:aws:ssm:us-east-1:document/AWS-X", "arn:aws:ssm:us-east-1::AWS-X",
        "arn:aws:ec2:us-east-1::document/AWS-X", "arn::ssm:us-east-1::document/AWS-X",
        "arn:aws:ssm:::document/AWS-X", "arn:aws:ssm:us-east-1:1:document/Mine",
        "arn:aws:ssm:us-east-1:11112222333a:document/Mine", "arn:aws:ssm:us-east-1:*:document/Mine",
        "arn:aws:ssm:US-EAST-1::document/AWS-X", "arn:aws:ssm:us-east-1::Document/AWS-X",
        "arn:aws:ssm:us-east-1::automation-definition/AWS-X"}) {
    CAPTURE(text);
    CHECK(fault_of(text) == DocumentFault::bad_arn);
  }
  CHECK(fault_of("arn:aws:ssm:us-east-1::document/") == DocumentFault::bad_name);
  CHECK(fault_of("arn:aws:ssm:us-east-1::document/a/b") == DocumentFault::bad_name);
  CHECK(fault_of("arn:aws:ssm:us-east-1::document/AWS-X1:1") == DocumentFault::version_suffix);
  CHECK(fault_of("arn:aws:ssm:us-east-1::document/Mine") == DocumentFault::not_aws_owned);
  CHECK(fault_of("arn:aws:ssm:us-east-1::document/SSM-SessionManagerRunShell") ==
        DocumentFault::not_aws_owned);
  CHECK(fault_of("ARN:aws:ssm:us-east-1::document/AWS-X") == DocumentFault::version_suffix);
}

TEST_CASE("the place of an ARN is the endpoint's") {
  const std::string_view arn = "arn:aws:ssm:us-east-1::document/AWS-X1";
  CHECK(fault_of(arn, {"us-west-2", "aws"}) == DocumentFault::other_region);
  CHECK(fault_of(arn, {"us-east-1", "aws-cn"}) == DocumentFault::other_partition);
  CHECK(fault_of("arn:aws:ssm:us-west-2:111122223333:document/Mine") ==
        DocumentFault::other_region);
  CHECK(fault_of("arn:aws-cn:ssm:us-east-1:111122223333:document/Mine") ==
        DocumentFault::other_partition);
  CHECK(read(arn, {}).name() == "AWS-X1");
  CHECK(read(arn, {"us-east-1", ""}).name() == "AWS-X1");
  CHECK(read("arn:aws-cn:ssm:x:111122223333:document/Mine", {}).partition() == "aws-cn");
}

TEST_CASE("the catalogue") {
  CHECK(catalogue().size() == 6);
  CHECK(find_catalogued("SSM-SessionManagerRunShell") == nullptr);
  CHECK(find_catalogued("aws-startsshsession") == nullptr);
  const auto* remote = find_catalogued("AWS-StartPortForwardingSessionToRemoteHost");
  REQUIRE(remote != nullptr);
  CHECK(remote->takes_host);
  CHECK(remote->takes_local_port);
  CHECK(remote->default_host == "localhost");
  CHECK(remote->default_port == "80");
  const auto* ssh = find_catalogued("AWS-StartSSHSession");
  REQUIRE(ssh != nullptr);
  CHECK(ssh->default_port == "22");
  CHECK(!ssh->takes_local_port);
  for (const auto& entry : catalogue()) {
    CHECK(is_reserved_document_name(entry.name));
    CHECK(read(entry.name).owner() == Document::Owner::aws);
  }
}
