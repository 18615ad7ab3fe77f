// Every host of the table, by CONNECT and by SNI: the same class both ways.
#include <doctest/doctest.h>

#include "flow/route.hpp"
#include "support/host_rows.hpp"

using namespace ssmgate;
using namespace ssmgate::flow;
using Kind = Route::Kind;

namespace {

Kind kind_of(const test::HostRow& row) {
  if (row.kind == "api") return Kind::intercept;
  return row.kind == "channel" ? Kind::channel : Kind::tunnel;
}

wire::HelloParse hello(const std::string& name) {
  wire::ClientHello parsed;
  parsed.server_name = name;
  return parsed;
}

}  // namespace

TEST_CASE("every host of the table has its class by CONNECT") {
  const auto rows = test::read_host_rows();
  CHECK(rows.size() >= 120);
  for (const test::HostRow& row : rows) {
    CAPTURE(row.host);
    const auto host = parse_host(row.host);
    // What is no host at all is refused with the CONNECT itself; an endpoint always is one.
    if (!host) {
      CHECK(row.kind == "none");
      continue;
    }
    const Route route = route_connect(*host, 443, {}, {});
    const bool bare = host->is_address();
    CHECK(route.kind == (bare ? Kind::refuse : kind_of(row)));
    if (row.kind != "none") CHECK(route.endpoint->region == row.region);
  }
}

TEST_CASE("every host of the table has its class by SNI behind another name") {
  const Route innocent = route_connect(*parse_host("innocent.example"), 443, {}, {});
  for (const test::HostRow& row : test::read_host_rows()) {
    CAPTURE(row.host);
    const Route route = route_hello(innocent, hello(row.host), {});
    CHECK(route.kind == kind_of(row));
    if (row.kind != "none") CHECK(route.endpoint->region == row.region);
  }
}

TEST_CASE("on another port no host of the table is let through as what it is on 443") {
  for (const test::HostRow& row : test::read_host_rows()) {
    const auto host = parse_host(row.host);
    if (!host || row.kind == "none") continue;
    CAPTURE(row.host);
    CHECK(route_connect(*host, 8443, {}, {}).refusal.has_value());
  }
}
