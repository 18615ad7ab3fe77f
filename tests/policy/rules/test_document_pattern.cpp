#include <doctest/doctest.h>

#include "rules/document_pattern.hpp"
#include "rules/glob_language.hpp"

using namespace ssmgate;

namespace {

const Place kPlace{"ap-northeast-1", "aws"};

Document doc(std::string_view text, const Place& place = kPlace) {
  const auto parsed = parse_document(text, place);
  REQUIRE_MESSAGE(parsed.has_value(), text);
  return *parsed;
}

bool matches(std::string_view pattern, std::string_view document, const Place& place = kPlace) {
  const auto parsed = parse_document_pattern(pattern);
  REQUIRE_MESSAGE(parsed.has_value(), pattern);
  return parsed->matches(doc(document, place), place);
}

}  // namespace

TEST_CASE("document entries that can match nothing are refused") {
  for (const std::string_view text :
       {"",
        "ab",
        "AWS StartSession",
        "AWS-StartSSHSession:1",
        "AWS-StartSSHSession:*",
        "aws-startsshsession",
        "AWS-StartSshSession",
        "a/b",
        "ab:cd",
        "arn:aws:ssm:ap-northeast-1::document/Mine",
        "arn:aws:ssm:ap-northeast-1::document/aws-startsshsession",
        "arn:aws:ssm:ap-northeast-1:111122223333:document/AWS-StartSSHSession",
        "arn:aws:ssm:ap-northeast-1:*:document/AWS-*",
        "arn:aws:ssm:ap-northeast-1:*:document/amazonX*",
        "arn:aws:ssm:ap-northeast-1:1234:document/Mine",
        "arn:aws:ssm::111122223333:document/Mine",
        "arn:aws:s3:*:111122223333:document/Mine",
        "arn:aws:ssm:*:*:document/Mine:3",
        "arn:aws:ssm:*:*:parameter/Mine",
        "arn:*",
        "arn:aws:ssm:*:*:*",
        "arn:aws:ssm:AP-*:*:document/Mine"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_document_pattern(text).has_value());
  }
}

TEST_CASE("an account on an AWS-owned document explains the IAM mistake") {
  const auto parsed = parse_document_pattern("arn:aws:ssm:*:*:document/AWS-StartSSHSession");
  REQUIRE_FALSE(parsed.has_value());
  CHECK(parsed.error().find("IAM policy") != std::string::npos);
  CHECK(parsed.error().find("write `AWS-StartSSHSession`") != std::string::npos);
}

TEST_CASE("name entries match AWS-owned and own documents and never one with an account") {
  CHECK(matches("AWS-StartSSHSession", "AWS-StartSSHSession"));
  CHECK(matches("AWS-StartSSHSession", "arn:aws:ssm:ap-northeast-1::document/AWS-StartSSHSession"));
  CHECK(matches("AWS-*", "AWS-StartSSHSession"));
  CHECK(matches("*", "Mine"));
  CHECK(matches("M?ne", "Mine"));
  CHECK_FALSE(matches("mine", "Mine"));
  CHECK_FALSE(matches("*", "arn:aws:ssm:ap-northeast-1:111122223333:document/Mine"));
  CHECK_FALSE(matches("Mine", "arn:aws:ssm:ap-northeast-1:111122223333:document/Mine"));
}

TEST_CASE("ARN entries match by their fields") {
  constexpr std::string_view kShared = "arn:aws:ssm:ap-northeast-1:111122223333:document/Mine";
  CHECK(matches(kShared, kShared));
  CHECK(matches("arn:aws:ssm:*:*:document/*", kShared));
  CHECK(matches("arn:*:ssm:ap-*:1111????3333:document/M*", kShared));
  CHECK_FALSE(matches("arn:aws-cn:ssm:*:*:document/*", kShared));
  CHECK_FALSE(matches("arn:aws:ssm:us-*:*:document/*", kShared));
  CHECK_FALSE(matches("arn:aws:ssm:*:999988887777:document/*", kShared));
  // Neither side of the account line matches the other.
  CHECK_FALSE(matches("arn:aws:ssm:*:*:document/*", "AWS-StartSSHSession"));
  CHECK_FALSE(matches("arn:aws:ssm:*:*:document/*", "Mine"));
  CHECK_FALSE(matches("arn:aws:ssm:*::document/*", kShared));
  CHECK_FALSE(matches("arn:aws:ssm:*::document/*", "Mine"));
  CHECK(matches("arn:aws:ssm:*::document/*", "AWS-StartSSHSession"));
  CHECK(matches("arn:aws:ssm:ap-northeast-1::document/AWS-StartSSHSession", "AWS-StartSSHSession"));
  CHECK_FALSE(
      matches("arn:aws:ssm:us-east-1::document/AWS-StartSSHSession", "AWS-StartSSHSession"));
  CHECK_FALSE(matches("arn:aws-cn:ssm:*::document/AWS-StartSSHSession", "AWS-StartSSHSession"));
  // An account's document under a reserved name is that account's, not AWS's.
  constexpr std::string_view kForeign =
      "arn:aws:ssm:ap-northeast-1:111122223333:document/AWS-StartSSHSession";
  CHECK_FALSE(matches("AWS-StartSSHSession", kForeign));
  CHECK(matches("arn:aws:ssm:*:111122223333:document/*", kForeign));
}

TEST_CASE("without a region regions and partitions are not compared") {
  const Place nowhere;
  CHECK(matches("arn:aws:ssm:us-east-1::document/AWS-StartSSHSession", "AWS-StartSSHSession",
                nowhere));
  CHECK(matches("arn:aws-cn:ssm:cn-north-1:111122223333:document/Mine",
                "arn:aws:ssm:eu-west-1:111122223333:document/Mine", nowhere));
}

TEST_CASE("partitions and regions that exclude each other are told apart") {
  struct Pair {
    std::string_view partition, region;
  };
  for (const Pair& p :
       {Pair{"aws", "us-east-1"}, Pair{"aws", "*"}, Pair{"*", "*"}, Pair{"aws-cn", "cn-north-1"},
        Pair{"aws-cn", "*"}, Pair{"aws*", "c*"}, Pair{"aws-us-gov", "us-*"}, Pair{"aws", "us-*"},
        Pair{"aws-iso-b", "us-isob-e*"}, Pair{"aws-eusc", "eusc-de-east-1"},
        Pair{"aws-iso", "us-iso*"}, Pair{"aws-???", "us-iso-east-1"}, Pair{"aws", "?n-north-1"}}) {
    CAPTURE(p.partition);
    CAPTURE(p.region);
    CHECK(can_match_place(p.partition, p.region));
  }
  for (const Pair& p : {Pair{"aws-cn", "us-east-1"}, Pair{"aws", "cn-*"}, Pair{"aws-cn", "us-*"},
                        Pair{"aws", "us-gov-west-1"}, Pair{"aws-us-gov", "eu-*"}, Pair{"AWS", "*"},
                        Pair{"aws-xx", "*"}, Pair{"", "*"}, Pair{"aws-c", "cn-north-1"}}) {
    CAPTURE(p.partition);
    CAPTURE(p.region);
    CHECK_FALSE(can_match_place(p.partition, p.region));
  }
}

TEST_CASE("globs that no value can match are told apart") {
  for (const std::string_view glob :
       {"AKIA*", "*", "ASIA????????????EXAM", "A3T*", "test", "AKIAIOSFODNN7EXAMPLE"}) {
    CAPTURE(glob);
    CHECK(can_match_access_key(glob));
  }
  const std::string long_key(129, 'A');
  for (const std::string_view glob :
       {"", "AKIA *", "AKIA/x", "A=*", "\xC3\xA9*", "a,b", std::string_view(long_key).data()}) {
    CAPTURE(glob);
    CHECK_FALSE(can_match_access_key(glob));
  }
  const std::string long_value(65536, 'v');
  CHECK(can_match_value(std::string_view(long_value).substr(1)));
  CHECK(can_match_value("{*{"));
  CHECK_FALSE(can_match_value(long_value));
  CHECK_FALSE(can_match_value(""));
  CHECK_FALSE(can_match_value("a{{b"));
  CHECK_FALSE(can_match_value(std::string_view("a\0b", 3)));
  for (const std::string_view glob : {"0", "65535", "80*", "?", "*", "?????"}) {
    CAPTURE(glob);
    CHECK(can_match_local_port(glob));
  }
  for (const std::string_view glob : {"08", "65536", "-1", "x*", "??????", "80-90"}) {
    CAPTURE(glob);
    CHECK_FALSE(can_match_local_port(glob));
  }
}

TEST_CASE("globs that no target can match are told apart") {
  for (const std::string_view glob :
       {"*", "i-*", "i-0abc123def4567890", "i-0abc123d", "mi-*", "ecs:*", "ecs:prod_*_*", "?-*",
        "*7890", "ecs:a_b_c-1", "i-????????", "*_*", "m*"}) {
    CAPTURE(glob);
    CHECK(can_match_target(glob));
  }
  for (const std::string_view glob :
       {"", "i-", "i-0ABC*", "i-xyz*", "i-0abc123", "i-?????????", "mi-0abc123d", "ecs:prod",
        "ecs:a_b", "web-server", "i-*_*", "I-*", "ecs:a_b_c_", "i-*g"}) {
    CAPTURE(glob);
    CHECK_FALSE(can_match_target(glob));
  }
}
