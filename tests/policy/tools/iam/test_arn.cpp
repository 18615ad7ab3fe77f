#include <doctest/doctest.h>

#include "ssmgate/tools/iam.hpp"
#include "tools/iam/arn.hpp"
#include "tools/iam/bounds.hpp"

using namespace ssmgate::tools::iam;

TEST_CASE("an ARN of six fields is read as it stands in both readings") {
  const ArnFields fields{"aws", "ssm", "*", "", "document/AWS-*"};
  for (const Reading reading : {Reading::narrow, Reading::wide}) {
    CHECK(read_resource("arn:aws:ssm:*::document/AWS-*", reading) == std::vector{fields});
  }
}

TEST_CASE("a star at the very end reaches beyond colons in both readings") {
  const ArnFields ssm{"aws", "ssm", "*", "*", "*"};
  const ArnFields all{"*", "*", "*", "*", "*"};
  CHECK(read_resource("arn:aws:ssm:*", Reading::narrow) == std::vector{ssm});
  CHECK(read_resource("arn:aws:ssm:*", Reading::wide) == std::vector{ssm});
  CHECK(read_resource("*", Reading::narrow) == std::vector{all});
}

TEST_CASE("a star before the end reaches beyond colons only where that denies more") {
  CHECK(read_resource("arn:aws:ssm:*:document/X", Reading::narrow).empty());
  const ArnFields wide{"aws", "ssm", "*", "*", "document/X"};
  CHECK(read_resource("arn:aws:ssm:*:document/X", Reading::wide) == std::vector{wide});
  CHECK(read_resource("arn:aws:ssm:*:*:document/X:*", Reading::wide).empty());
}

TEST_CASE("a pattern of very many wildcards is read in no time as everything") {
  std::string hostile = "arn:";
  for (int i = 0; i < 100'000; ++i) hostile += "*?";
  CHECK(read_resource(hostile, Reading::wide).size() == 1);
}

TEST_CASE("what a glob leaves behind a prefix are globs") {
  CHECK(consume_prefix("instance/i-0*", "instance/i-") == std::vector<std::string>{"0*"});
  CHECK(consume_prefix("inst*", "instance/i-") == std::vector<std::string>{"*"});
  CHECK(consume_prefix("*/*", "document/") == std::vector<std::string>{"*"});
  CHECK(consume_prefix("*-7", "i-") == std::vector<std::string>{"*-7", "7"});
  CHECK(consume_prefix("????x", "i-") == std::vector<std::string>{"??x"});
  CHECK(consume_prefix("volume/*", "instance/").empty());
}

TEST_CASE("partitions beside aws become regions") {
  bool exact = true;
  CHECK(read_regions("aws-cn", "*", exact) == std::vector<std::string>{"cn-*"});
  CHECK(read_regions("aws", "*", exact) == std::vector<std::string>{});
  CHECK(read_regions("aws", "us-*", exact) == std::vector<std::string>{"us-*"});
  CHECK_FALSE(read_regions("aws", "cn-north-1", exact).has_value());
  CHECK_FALSE(read_regions("aws-cn", "us-east-1", exact).has_value());
  CHECK(exact);
  CHECK(read_regions("aws-cn", "*-north-1", exact) == std::vector<std::string>{"*-north-1"});
  CHECK_FALSE(exact);
}

TEST_CASE("the narrower of two bounds is in both and contradictions are nothing") {
  bool exact = true;
  Bounds a, b;
  a.regions = {"us-*", "eu-west-1"};
  b.regions = {"us-east-1", "ap-*"};
  a.clients = {"10.0.0.0/8"};
  b.clients = {"10.8.0.0/16", "192.0.2.1"};
  const auto both = intersect(a, b, exact);
  REQUIRE(both.has_value());
  CHECK(both->regions == std::vector<std::string>{"us-east-1"});
  CHECK(both->clients == std::vector<std::string>{"10.8.0.0/16"});
  CHECK(exact);
  b.accounts = {"111122223333"};
  a.accounts = {"444455556666"};
  CHECK_FALSE(intersect(a, b, exact).has_value());
  Bounds east, one;
  east.regions = {"*-east-1"};
  one.regions = {"us-*"};
  CHECK_FALSE(intersect(east, one, exact).has_value());
  CHECK_FALSE(exact);
}
