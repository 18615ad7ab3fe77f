// The ready egress lists: they load, and keep the other doors shut.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "config/config.hpp"
#include "flow/route.hpp"

using namespace ssmgate;
using namespace ssmgate::flow;
using Kind = Route::Kind;

namespace {

config::Egress load_list(const std::string& name) {
  std::ifstream file(std::string(SSMGATE_TEST_DATA) + "/../conf/egress/" + name);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto loaded = config::load_config(text, "/", config::Folders{"/c", "/s"});
  REQUIRE(loaded.config.has_value());
  CHECK(loaded.diagnostics.empty());
  return loaded.config->egress;
}

Kind kind_of(const char* host, const config::Egress& egress) {
  return route_connect(*parse_host(host), 443, egress, {}).kind;
}

constexpr const char* kDoors[] = {
    "ssm-guiconnect.us-east-1.amazonaws.com",
    "ssm-guiconnect.us-east-1.api.aws",
    "ecs.eu-west-1.amazonaws.com",
    "ecs-fips.us-east-1.amazonaws.com",
    "ecs.us-east-1.api.aws",
    "ec2-instance-connect.us-east-1.amazonaws.com",
    "eice-0123456789abcdef0.a1b2c3.ec2-instance-connect-endpoint.us-east-1.amazonaws.com",
    "eice-0123456789abcdef0.a1b2c3.ec2-instance-connect-endpoint-fips.us-east-1.amazonaws.com",
    "api.sagemaker.us-east-1.amazonaws.com",
    "codebuild.us-east-1.amazonaws.com",
    "codecatalyst.global.api.aws"};

}  // namespace

TEST_CASE("the other doors are shut by either list") {
  for (const char* name : {"closed.yaml", "doors.yaml"}) {
    config::Egress egress = load_list(name);
    egress.allow.push_back({*parse_host_pattern("*.amazonaws.com"), 443});
    egress.allow.push_back({*parse_host_pattern("*.api.aws"), 443});
    for (const char* host : kDoors) {
      CAPTURE(host);
      CHECK(kind_of(host, egress) == Kind::refuse);
    }
    CHECK(kind_of("ssm.us-east-1.amazonaws.com", egress) == Kind::intercept);
    CHECK(kind_of("ssmmessages.us-east-1.amazonaws.com", egress) == Kind::channel);
  }
}

TEST_CASE("the closed list lets through what a session needs and nothing else") {
  const config::Egress egress = load_list("closed.yaml");
  for (const char* host :
       {"sts.amazonaws.com", "sts.ap-northeast-1.amazonaws.com", "oidc.us-east-1.amazonaws.com",
        "portal.sso.us-east-1.amazonaws.com", "kms.us-east-1.amazonaws.com", "d-1.awsapps.com"}) {
    CAPTURE(host);
    CHECK(kind_of(host, egress) == Kind::tunnel);
  }
  for (const char* host : {"example.com", "s3.amazonaws.com", "ec2.us-east-1.amazonaws.com",
                           "192.0.2.1", "x.sts.us-east-1.amazonaws.com"}) {
    CAPTURE(host);
    CHECK(kind_of(host, egress) == Kind::refuse);
  }
}

TEST_CASE("the list of doors lets everything else through") {
  const config::Egress egress = load_list("doors.yaml");
  CHECK(kind_of("example.com", egress) == Kind::tunnel);
  CHECK(kind_of("s3.amazonaws.com", egress) == Kind::tunnel);
}
