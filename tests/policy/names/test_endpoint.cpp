// Endpoints of Systems Manager: every partition and form of name, and no look-alike.
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "ssmgate/names/endpoint.hpp"

using namespace ssmgate;

namespace {

struct Row {
  std::string_view host;
  std::string_view kind;  // "api", "channel" or "none"
  std::string_view region = {};
  std::string_view partition = {};
};

// SOURCE: botocore 1.43 (names it builds), AWS PrivateLink's naming, and look-alikes.
const Row kRows[] = {
    {"ssm.us-east-1.amazonaws.com", "api", "us-east-1", "aws"},
    {"ssm-fips.us-east-1.amazonaws.com", "api", "us-east-1", "aws"},
    {"ssm.us-east-1.api.aws", "api", "us-east-1", "aws"},
    {"ssm-fips.ca-west-1.api.aws", "api", "ca-west-1", "aws"},
    {"ssm.us-gov-west-1.amazonaws.com", "api", "us-gov-west-1", "aws-us-gov"},
    {"ssm.us-gov-east-1.api.aws", "api", "us-gov-east-1", "aws-us-gov"},
    {"ssm-fips.us-gov-east-1.api.aws", "api", "us-gov-east-1", "aws-us-gov"},
    {"ssm.cn-north-1.amazonaws.com.cn", "api", "cn-north-1", "aws-cn"},
    {"ssm-fips.cn-northwest-1.amazonaws.com.cn", "api", "cn-northwest-1", "aws-cn"},
    {"ssm.cn-north-1.api.amazonwebservices.com.cn", "api", "cn-north-1", "aws-cn"},
    {"ssm-fips.cn-north-1.api.amazonwebservices.com.cn", "api", "cn-north-1", "aws-cn"},
    {"ssm.us-iso-east-1.c2s.ic.gov", "api", "us-iso-east-1", "aws-iso"},
    {"ssm-fips.us-iso-east-1.c2s.ic.gov", "api", "us-iso-east-1", "aws-iso"},
    {"ssm.us-iso-west-1.api.aws.ic.gov", "api", "us-iso-west-1", "aws-iso"},
    {"ssm.us-isob-east-1.sc2s.sgov.gov", "api", "us-isob-east-1", "aws-iso-b"},
    {"ssm.us-isob-east-1.api.aws.scloud", "api", "us-isob-east-1", "aws-iso-b"},
    {"ssm-fips.us-isob-east-1.api.aws.scloud", "api", "us-isob-east-1", "aws-iso-b"},
    {"ssm.eu-isoe-west-1.cloud.adc-e.uk", "api", "eu-isoe-west-1", "aws-iso-e"},
    {"ssm.eu-isoe-west-1.api.cloud-aws.adc-e.uk", "api", "eu-isoe-west-1", "aws-iso-e"},
    {"ssm.us-isof-south-1.csp.hci.ic.gov", "api", "us-isof-south-1", "aws-iso-f"},
    {"ssm.us-isof-east-1.api.aws.hci.ic.gov", "api", "us-isof-east-1", "aws-iso-f"},
    {"ssm-fips.us-isof-east-1.api.aws.hci.ic.gov", "api", "us-isof-east-1", "aws-iso-f"},
    {"ssm.eusc-de-east-1.amazonaws.eu", "api", "eusc-de-east-1", "aws-eusc"},
    {"ssm.eusc-de-east-1.api.amazonwebservices.eu", "api", "eusc-de-east-1", "aws-eusc"},
    {"ssm.us-east-9.amazonaws.com", "api", "us-east-9", "aws"},
    {"ssm.foo.amazonaws.com", "api", "foo", "aws"},
    {"ssm.us-govx-1.amazonaws.com", "api", "us-govx-1", "aws"},
    {"SSM.US-EAST-1.AMAZONAWS.COM", "api", "us-east-1", "aws"},
    {"ssm.US-GOV-west-1.amazonaws.com", "api", "us-gov-west-1", "aws-us-gov"},
    {"ssm.us-east-1.amazonaws.com.", "api", "us-east-1", "aws"},
    {"ssm.us-east-1.amazonaws.com.cn", "api", "us-east-1", "aws-cn"},
    {"vpce-0fe5b17a0707d6abc-29p5708s.ssm.us-east-1.vpce.amazonaws.com", "api", "us-east-1", "aws"},
    {"vpce-0fe5b17a0707d6abc-29p5708s-us-east-1a.ssm.us-east-1.vpce.amazonaws.com", "api",
     "us-east-1", "aws"},
    {"vpce-0fe5b17a0707d6abc-29p5708s.ssm-fips.us-east-1.vpce.amazonaws.com", "api", "us-east-1",
     "aws"},
    {"VPCE-0fe5b17a0707d6abc-29p5708s.ssm.us-east-1.vpce.amazonaws.com.", "api", "us-east-1",
     "aws"},
    {"vpce-0fe5b17a0707d6abc-29p5708s.ssm.cn-north-1.vpce.amazonaws.com.cn", "api", "cn-north-1",
     "aws-cn"},
    {"vpce-0a-b.ssm.us-gov-west-1.vpce.amazonaws.com", "api", "us-gov-west-1", "aws-us-gov"},
    {"vpce-0a-b.ssm.us-east-1.vpce.api.aws", "api", "us-east-1", "aws"},
    {"vpce-0a-b.ssm.us-iso-east-1.vpce.c2s.ic.gov", "api", "us-iso-east-1", "aws-iso"},
    {"ssmmessages.us-east-1.amazonaws.com", "channel", "us-east-1", "aws"},
    {"ssmmessages.us-east-1.api.aws", "channel", "us-east-1", "aws"},
    {"ssmmessages-fips.us-gov-west-1.amazonaws.com", "channel", "us-gov-west-1", "aws-us-gov"},
    {"SSMMessages.us-east-1.amazonaws.com.", "channel", "us-east-1", "aws"},
    {"ssmmessages.cn-north-1.amazonaws.com.cn", "channel", "cn-north-1", "aws-cn"},
    {"ssmmessages.us-iso-east-1.c2s.ic.gov", "channel", "us-iso-east-1", "aws-iso"},
    {"ssmmessages.us-isob-east-1.sc2s.sgov.gov", "channel", "us-isob-east-1", "aws-iso-b"},
    {"ssmmessages.eu-isoe-west-1.cloud.adc-e.uk", "channel", "eu-isoe-west-1", "aws-iso-e"},
    {"ssmmessages.us-isof-south-1.csp.hci.ic.gov", "channel", "us-isof-south-1", "aws-iso-f"},
    {"ssmmessages.eusc-de-east-1.amazonaws.eu", "channel", "eusc-de-east-1", "aws-eusc"},
    {"vpce-0a1b2c3d4e5f60718-abcdefgh.ssmmessages.us-east-1.vpce.amazonaws.com", "channel",
     "us-east-1", "aws"},
    {"vpce-0a1b2c3d4e5f60718-abcdefgh-us-east-1a.ssmmessages.us-east-1.vpce.amazonaws.com",
     "channel", "us-east-1", "aws"},
    {"ec2messages.us-east-1.amazonaws.com", "none"},
    {"ec2.us-east-1.amazonaws.com", "none"},
    {"kms.us-east-1.amazonaws.com", "none"},
    {"ssm-contacts.us-east-1.amazonaws.com", "none"},
    {"ssm-incidents.us-east-1.api.aws", "none"},
    {"ssm-sap-fips.us-east-1.amazonaws.com", "none"},
    {"ssm-quicksetup.eu-west-1.amazonaws.com", "none"},
    {"ssm-guiconnect.us-east-1.amazonaws.com", "none"},
    {"ssm.us-east-1.amazonaws.com.evil.example", "none"},
    {"evilssm.us-east-1.amazonaws.com", "none"},
    {"x.ssm.us-east-1.amazonaws.com", "none"},
    {"ssm.us-east-1.s3.amazonaws.com", "none"},
    {"ssm.us-east-1.elb.amazonaws.com", "none"},
    {"ssm.amazonaws.com", "none"},
    {"ssm.api.aws", "none"},
    {"ssm.us-east-1.amazonaws.co", "none"},
    {"ssm.us-east-1.amazonaws.comx", "none"},
    {"ssm.us-east-1.evilamazonaws.com", "none"},
    {"ssm.us-east-1.vpce.amazonaws.com", "none"},
    {"ssmus-east-1.amazonaws.com", "none"},
    {"ssm.us-east-1amazonaws.com", "none"},
    {"ssm..amazonaws.com", "none"},
    {".ssm.us-east-1.amazonaws.com", "none"},
    {"ssm.us-east-1.amazonaws.com..", "none"},
    {"ssm.us-east-1..amazonaws.com", "none"},
    {"ssm.us_east_1.amazonaws.com", "none"},
    {"ssm.us-east-1.amazonaws.com:443", "none"},
    {"ssm.us-east-1.amazonaws.com%00.evil.example", "none"},
    {" ssm.us-east-1.amazonaws.com", "none"},
    {"ssm.us-east-1.amazonaws.com ", "none"},
    {"vpce.ssm.us-east-1.vpce.amazonaws.com", "none"},
    {"vpce-.ssm.us-east-1.vpce.amazonaws.com", "none"},
    {"vpce-0a.ssm.us-east-1.vpce.amazonaws.com", "none"},
    {"vpce-0a-.ssm.us-east-1.vpce.amazonaws.com", "none"},
    {"vpce-0a-b-.ssm.us-east-1.vpce.amazonaws.com", "none"},
    {"x.vpce-0a-b.ssm.us-east-1.vpce.amazonaws.com", "none"},
    {"vpce-0a-b.ec2.us-east-1.vpce.amazonaws.com", "none"},
    {"vpce-0a-b.ssm.us-east-1.amazonaws.com", "none"},
    {"vpce-0a-b.ssm.vpce.amazonaws.com", "none"},
    {"vpce-0a-b.us-east-1.vpce.amazonaws.com", "none"},
    {"192.0.2.10", "none"},
    {"[2001:db8::10]", "none"},
    {"2001:db8::10", "none"},
    {"\xEF\xBD\x93\xEF\xBD\x93\xEF\xBD\x8D.us-east-1.amazonaws.com", "none"},
    {"", "none"},
    {".", "none"},
    {"amazonaws.com", "none"},
    {".amazonaws.com", "none"},
    {"localhost", "none"},
};

std::string_view kind_of(const std::optional<Endpoint>& endpoint) {
  if (!endpoint) return "none";
  return endpoint->service == Endpoint::Service::api ? "api" : "channel";
}

}  // namespace

TEST_CASE("hosts by their class") {
  CHECK(std::size(kRows) >= 80);
  for (const Row& row : kRows) {
    CAPTURE(row.host);
    const auto endpoint = find_endpoint(row.host);
    CHECK(kind_of(endpoint) == row.kind);
    if (!endpoint) continue;
    CHECK(endpoint->region == row.region);
    CHECK(endpoint->partition == row.partition);
    CHECK(find_endpoint(endpoint->host)->host == endpoint->host);
    CHECK(endpoint->host.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos);
    CHECK(endpoint->host.back() != '.');
  }
}

TEST_CASE("a host with a NUL or of endless length is no endpoint") {
  using namespace std::string_view_literals;
  CHECK(!find_endpoint("ssm.us-east-1.amazonaws.com\0"sv));
  CHECK(!find_endpoint("ssm\0.us-east-1.amazonaws.com"sv));
  CHECK(!find_endpoint("ssm." + std::string(64, 'a') + ".amazonaws.com"));
  CHECK(find_endpoint("ssm." + std::string(63, 'a') + ".amazonaws.com"));
  CHECK(!find_endpoint("vpce-0a-" + std::string(60, 'b') + ".ssm.us-east-1.vpce.amazonaws.com"));
}

TEST_CASE("every suffix carries endpoints and none is named twice") {
  std::set<std::string_view> seen;
  for (const std::string_view suffix : endpoint_suffixes()) {
    CAPTURE(suffix);
    CHECK(seen.insert(suffix).second);
    const auto endpoint = find_endpoint("ssm.xx-test-1." + std::string(suffix));
    REQUIRE(endpoint);
    CHECK(!endpoint->partition.empty());
  }
  CHECK(seen.size() == 14);
}
