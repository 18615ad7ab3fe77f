#include <doctest/doctest.h>

#include "flow/route.hpp"

using namespace ssmgate;
using namespace ssmgate::flow;
using Kind = Route::Kind;

namespace {

const config::Intercept kNone;

Route by_connect(std::string_view host, std::uint16_t port = 443, config::Egress egress = {},
                 const config::Intercept& intercept = kNone) {
  const auto parsed = parse_host(host);
  REQUIRE(parsed.has_value());
  return route_connect(*parsed, port, egress, intercept);
}

wire::HelloParse hello(std::optional<std::string> name) {
  wire::ClientHello parsed;
  parsed.server_name = std::move(name);
  return parsed;
}

wire::HelloParse fault(wire::HelloFault::Kind kind) {
  wire::HelloFault parsed;
  parsed.kind = kind;
  parsed.detail = "test";
  return parsed;
}

constexpr const char* kApi = "ssm.us-east-1.amazonaws.com";
constexpr const char* kChannel = "ssmmessages.us-east-1.amazonaws.com";

}  // namespace

TEST_CASE("by CONNECT an SSM endpoint is intercepted and its channel tunnelled") {
  CHECK(by_connect(kApi).kind == Kind::intercept);
  CHECK(by_connect("SSM.US-EAST-1.AMAZONAWS.COM.").kind == Kind::intercept);
  CHECK(by_connect(kChannel).kind == Kind::channel);
  CHECK(by_connect("sts.amazonaws.com").kind == Kind::tunnel);
}

TEST_CASE("another port of an SSM endpoint is refused inside the TLS") {
  const Route route = by_connect(kApi, 8443);
  CHECK(route.kind == Kind::intercept);
  CHECK(route.refusal == Code::endpoint_mismatch);
  CHECK(by_connect(kChannel, 8443).kind == Kind::refuse);
}

TEST_CASE("egress goes deny before allow before default") {
  config::Egress egress;
  egress.otherwise = config::Egress::Default::refuse;
  egress.allow.push_back({*parse_host_pattern("*.amazonaws.com"), 443});
  egress.deny.push_back({*parse_host_pattern("s3.amazonaws.com"), 443});
  CHECK(by_connect("sts.amazonaws.com", 443, egress).kind == Kind::tunnel);
  CHECK(by_connect("s3.amazonaws.com", 443, egress).kind == Kind::refuse);
  CHECK(by_connect("sts.amazonaws.com", 8443, egress).kind == Kind::refuse);
  CHECK(by_connect("example.com", 443, egress).kind == Kind::refuse);
  CHECK(by_connect("192.0.2.10", 443, egress).kind == Kind::refuse);
  CHECK(by_connect(kApi, 443, egress).kind == Kind::intercept);
  CHECK(by_connect(kChannel, 443, egress).kind == Kind::channel);
}

TEST_CASE("a bare address is let through only where an entry names it") {
  for (const auto otherwise : {config::Egress::Default::tunnel, config::Egress::Default::refuse}) {
    config::Egress egress;
    egress.otherwise = otherwise;
    egress.allow.push_back({*parse_host_pattern("192.0.2.0/24"), 443});
    egress.allow.push_back({*parse_host_pattern("2001:db8::7"), 8443});
    CHECK(by_connect("192.0.2.10", 443, egress).kind == Kind::tunnel);
    CHECK(by_connect("[2001:db8::7]", 8443, egress).kind == Kind::tunnel);
    CHECK(by_connect("192.0.2.10", 8443, egress).kind == Kind::refuse);
    CHECK(by_connect("198.51.100.1", 443, egress).kind == Kind::refuse);
    CHECK(by_connect("198.51.100.1", 443, egress).refusal == Code::egress);
    CHECK(by_connect("2001:db8::8", 8443, egress).kind == Kind::refuse);
    egress.deny.push_back({*parse_host_pattern("192.0.2.10"), 443});
    CHECK(by_connect("192.0.2.10", 443, egress).kind == Kind::refuse);
  }
}

TEST_CASE("an address that may not be dialled is refused by the CONNECT alone") {
  config::Egress egress;
  egress.allow.push_back({*parse_host_pattern("any"), 443});
  for (const char* host : {"127.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]",
                           "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "0.0.0.0"}) {
    CAPTURE(host);
    CHECK(by_connect(host, 443, egress).kind == Kind::refuse);
    CHECK(by_connect(host, 443, egress).refusal == Code::egress);
  }
  CHECK(by_connect("192.0.2.1", 443, egress).kind == Kind::tunnel);
  egress.deny_loopback = false;
  CHECK(by_connect("127.0.0.1", 443, egress).kind == Kind::tunnel);
  CHECK(by_connect("169.254.169.254", 443, egress).kind == Kind::refuse);
}

TEST_CASE("a denied address is denied at every port and behind every name") {
  config::Egress egress;
  egress.allow.push_back({*parse_host_pattern("any"), 22});
  egress.deny.push_back({*parse_host_pattern("192.0.2.0/24"), std::nullopt});
  egress.deny.push_back({*parse_host_pattern("2001:db8::/32"), 22});
  for (const int number : {22, 443, 65535}) {
    const auto port = static_cast<std::uint16_t>(number);
    CAPTURE(port);
    CHECK(by_connect("192.0.2.7", port, egress).kind == Kind::refuse);
    for (const char* address : {"192.0.2.7", "::ffff:192.0.2.7", "64:ff9b::192.0.2.7",
                                "2002:c000:207::1", "64:ff9b:1::1", "::ffff:0:1.2.3.4"}) {
      CAPTURE(address);
      CHECK(egress_denies_address(*parse_ip_address(address), port, egress));
    }
    CHECK_FALSE(egress_denies_address(*parse_ip_address("192.0.3.7"), port, egress));
  }
  CHECK(egress_denies_address(*parse_ip_address("2001:db8::7"), 22, egress));
  CHECK_FALSE(egress_denies_address(*parse_ip_address("2001:db8::7"), 443, egress));
}

TEST_CASE("where egress is closed TLS may ask only for what CONNECT named") {
  config::Egress closed;
  closed.otherwise = config::Egress::Default::refuse;
  closed.allow.push_back({*parse_host_pattern("good.example"), 443});
  closed.allow.push_back({*parse_host_pattern("192.0.2.0/24"), 443});
  using Fault = wire::HelloFault::Kind;
  const Route good = by_connect("Good.Example.", 443, closed);
  CHECK(route_hello(good, hello("good.example"), kNone).kind == Kind::tunnel);
  CHECK(route_hello(good, hello("GOOD.example"), kNone).kind == Kind::tunnel);
  CHECK(route_hello(good, hello(std::nullopt), kNone).kind == Kind::tunnel);
  CHECK(route_hello(good, fault(Fault::not_tls), kNone).kind == Kind::tunnel);
  for (const char* other : {"evil.example", "x.good.example", "good.example.evil", "192.0.2.10",
                            "ssmmessages.us-east-1.amazonaws.com", "b\x01d"}) {
    CAPTURE(other);
    const Route route = route_hello(good, hello(other), kNone);
    CHECK(route.kind == Kind::refuse);
    CHECK(route.refusal == Code::egress);
  }
  // SSM's own name is still intercepted, so that the refusal can be shown.
  CHECK(route_hello(good, hello(kApi), kNone).kind == Kind::intercept);
  const Route bare = by_connect("192.0.2.10", 443, closed);
  CHECK(route_hello(bare, hello(std::nullopt), kNone).kind == Kind::tunnel);
  CHECK(route_hello(bare, hello("good.example"), kNone).kind == Kind::refuse);
  const Route channel = by_connect(kChannel, 443, closed);
  CHECK(route_hello(channel, hello(kChannel), kNone).kind == Kind::channel);
  CHECK(route_hello(channel, hello("evil.example"), kNone).kind == Kind::refuse);
  // Where it is open, any name will do.
  CHECK(route_hello(by_connect("good.example"), hello("evil.example"), kNone).kind == Kind::tunnel);
}

TEST_CASE("the SNI turns a tunnel into an intercept") {
  const Route route = route_hello(by_connect("innocent.example"), hello(kApi), kNone);
  CHECK(route.kind == Kind::intercept);
  CHECK(route.endpoint->host == kApi);
  config::Egress egress;
  egress.allow.push_back({*parse_host_pattern("192.0.2.10"), 443});
  CHECK(route_hello(by_connect("192.0.2.10", 443, egress), hello(kApi), kNone).kind ==
        Kind::intercept);
  CHECK(route_hello(by_connect(kChannel), hello(kApi), kNone).kind == Kind::intercept);
}

TEST_CASE("the SNI of a channel behind another name counts as that channel") {
  const Route route = route_hello(by_connect("innocent.example"), hello(kChannel), kNone);
  CHECK(route.kind == Kind::channel);
  CHECK(route.endpoint->host == kChannel);
}

TEST_CASE("an SSM endpoint stays intercepted whatever the SNI says") {
  for (const auto& name : {std::optional<std::string>("evil.example"),
                           std::optional<std::string>(kChannel), std::optional<std::string>()}) {
    CHECK(route_hello(by_connect(kApi), hello(name), kNone).kind == Kind::intercept);
  }
}

TEST_CASE("a hello that cannot be trusted is hung up on") {
  using Fault = wire::HelloFault::Kind;
  for (const Fault kind : {Fault::unreadable, Fault::two_names, Fault::too_large}) {
    for (const char* host : {kApi, kChannel, "innocent.example"}) {
      CHECK(route_hello(by_connect(host), fault(kind), kNone).kind == Kind::refuse);
    }
  }
}

TEST_CASE("a tunnel may carry anything but an SSM endpoint speaks TLS") {
  using Fault = wire::HelloFault::Kind;
  CHECK(route_hello(by_connect("innocent.example"), fault(Fault::not_tls), kNone).kind ==
        Kind::tunnel);
  CHECK(route_hello(by_connect(kApi), fault(Fault::not_tls), kNone).kind == Kind::refuse);
}

TEST_CASE("denied addresses are denied in every spelling") {
  const config::Egress egress;
  for (const char* text : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "169.254.1.1",
                           "fe80::1", "224.0.0.1", "ff02::1", "0.0.0.0", "::", "0.1.2.3",
                           "64:ff9b::127.0.0.1", "2002:7f00:1::", "64:ff9b:1::7f00:1"}) {
    CAPTURE(text);
    CHECK(is_denied_address(*parse_ip_address(text), egress, false));
  }
  for (const char* text : {"10.0.0.1", "192.0.2.1", "2001:db8::1", "fd00::1"}) {
    CAPTURE(text);
    CHECK_FALSE(is_denied_address(*parse_ip_address(text), egress, false));
  }
}

TEST_CASE("SSM endpoints may be private addresses but never the metadata service") {
  config::Egress open;
  open.deny_loopback = open.deny_link_local = open.deny_multicast = open.deny_unspecified = false;
  CHECK_FALSE(is_denied_address(*parse_ip_address("127.0.0.1"), {}, true));
  for (const bool endpoint : {true, false}) {
    CHECK(is_denied_address(*parse_ip_address("169.254.169.254"), open, endpoint));
    CHECK(is_denied_address(*parse_ip_address("::ffff:169.254.169.254"), open, endpoint));
    CHECK(is_denied_address(*parse_ip_address("fd00:ec2::254"), open, endpoint));
    CHECK(is_denied_address(*parse_ip_address("64:ff9b::169.254.169.254"), open, endpoint));
  }
}

TEST_CASE("a private host is intercepted by CONNECT and by SNI and has no region") {
  const config::Intercept intercept{{"ssm.example.internal"}};
  for (const char* host :
       {"ssm.example.internal", "SSM.Example.Internal", "ssm.example.internal."}) {
    CAPTURE(host);
    const Route route = by_connect(host, 443, {}, intercept);
    REQUIRE(route.kind == Kind::intercept);
    CHECK(route.endpoint->host == "ssm.example.internal");
    CHECK(route.endpoint->region.empty());
    CHECK(route_hello(by_connect("192.0.2.10"), hello(host), intercept).kind == Kind::intercept);
  }
  CHECK(by_connect("ssm.example.internal").kind == Kind::tunnel);
  CHECK(by_connect("x.ssm.example.internal", 443, {}, intercept).kind == Kind::tunnel);
  CHECK(by_connect("example.internal", 443, {}, intercept).kind == Kind::tunnel);
  const Route other_port = by_connect("ssm.example.internal", 8443, {}, intercept);
  CHECK(other_port.refusal == Code::endpoint_mismatch);
}
