// Endpoints of Systems Manager: every partition and form of name, and no look-alike.
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "ssmgate/names/endpoint.hpp"
#include "support/host_rows.hpp"

using namespace ssmgate;

namespace {

std::string_view kind_of(const std::optional<Endpoint>& endpoint) {
  if (!endpoint) return "none";
  return endpoint->service == Endpoint::Service::api ? "api" : "channel";
}

}  // namespace

TEST_CASE("hosts by their class") {
  const auto rows = test::read_host_rows();
  CHECK(rows.size() >= 120);
  for (const test::HostRow& row : rows) {
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
