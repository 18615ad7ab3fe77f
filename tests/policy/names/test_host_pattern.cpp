// The entries of `hosts`: what is refused and what it says, what matches, and what an allow rule
// leaves out.
#include <doctest/doctest.h>

#include <string>

#include "ssmgate/names/host.hpp"

using namespace ssmgate;

namespace {

std::string error_of(std::string_view text) {
  const auto pattern = parse_host_pattern(text);
  return pattern ? "accepted" : pattern.error();
}

bool matches(std::string_view pattern, std::string_view host) {
  return parse_host_pattern(pattern)->matches(*parse_host(host));
}

bool grants(std::string_view pattern, std::string_view host) {
  return parse_host_pattern(pattern)->grants(*parse_host(host));
}

bool mentions(std::string_view text, std::string_view what) {
  return text.find(what) != std::string_view::npos;
}

}  // namespace

TEST_CASE("patterns that are refused say what to write") {
  CHECK(error_of("") == "an empty host matches nothing: write `any` for every host");
  CHECK(error_of("*") == "`*` could match an address: write `any` for every host");
  CHECK(error_of("a?.com") == "`a?.com` holds `?`, which host patterns do not have: write `*`");
  CHECK(mentions(error_of("**.example.com"), "holds `**`: write a leading `*.`"));
  CHECK(mentions(error_of("a**.example.com"), "holds `**`"));
  CHECK(mentions(error_of("10.*"), "write a CIDR such as `10.0.0.0/8`"));
  CHECK(mentions(error_of("10.0.0.*"), "write a CIDR such as `10.0.0.0/24`"));
  CHECK(mentions(error_of("10.20.*.*"), "write a CIDR such as `10.20.0.0/16`"));
  CHECK(mentions(error_of("*.1"), "write a CIDR"));
  CHECK(mentions(error_of("db.*"), "write a CIDR"));
  CHECK(mentions(error_of("db.*1*"), "write a CIDR"));
  CHECK(mentions(error_of("db.1*."), "write a CIDR"));
  CHECK(mentions(error_of("*.0xff"), "it can never match"));
  CHECK(mentions(error_of("::ffff:10.0.0.0/104"), "write `10.0.0.0/8`"));
  CHECK(mentions(error_of("64:ff9b::/96"), "write `0.0.0.0/0`"));
  CHECK(mentions(error_of("::10.1.2.0/120"), "write `10.1.2.0/24`"));
  CHECK(mentions(error_of("::ffff:0:10.0.0.0/104"), "write the IPv4 CIDR"));
  CHECK(mentions(error_of("64:ff9b:1::/48"), "write the IPv4 CIDR"));
  CHECK(mentions(error_of("64:ff9b:1::1"), "write the IPv4 address"));
  CHECK(mentions(error_of("https://db.example.com"), "is a URL: write its host alone"));
  CHECK(mentions(error_of("db.example.com:5432"), "its port under `ports`"));
  for (const std::string_view text :
       {"10.0.0.0/33", "10.0.0/8", "[::]/0", "10.0.0.0/08", "a/b", "10.0.0.*/24"}) {
    CAPTURE(text);
    CHECK(mentions(error_of(text), "is no CIDR"));
  }
  for (const std::string_view text :
       {"*.", "*..com", ".*.com", "-*.com", "*-.com", "a b*", "*.ex ample", "d\xC3\xBC*.com", "*:1",
        "127.1", "0x7f000001", "a..b", "1.2.3.4.", "::1%lo", "a b", "fe80::1%*"}) {
    CAPTURE(text);
    CHECK(error_of(text) != "accepted");
  }
  const std::string label(63, 'a');
  CHECK(error_of("*." + label + "*") == "accepted");
  CHECK(mentions(error_of("*.a" + label + "*"), "longer than 63"));
  CHECK(mentions(error_of("*." + label + "." + label + "." + label + "." + label),
                 "longer than any"));
}

TEST_CASE("a leading wildcard stands for one or more labels") {
  CHECK(matches("*.example.com", "a.example.com"));
  CHECK(matches("*.example.com", "a.b.c.example.com"));
  CHECK(!matches("*.example.com", "example.com"));
  CHECK(!matches("*.example.com", "aexample.com"));
  CHECK(!matches("*.example.com", "a.example.com.evil"));
  CHECK(matches("*.EXAMPLE.com.", "a.example.com"));
  CHECK(matches("*.*.com", "a.b.com"));
  CHECK(matches("*.*.com", "a.b.c.com"));
  CHECK(!matches("*.*.com", "b.com"));
  CHECK(matches("*.com", "com.com"));
  CHECK(!matches("*.com", "com"));
}

TEST_CASE("a wildcard elsewhere stays inside its label") {
  CHECK(matches("orders.cluster-*.rds.amazonaws.com", "orders.cluster-x1.rds.amazonaws.com"));
  CHECK(matches("orders.cluster-*.rds.amazonaws.com", "ORDERS.cluster-x.rds.amazonaws.com."));
  CHECK(!matches("orders.cluster-*.rds.amazonaws.com", "orders.cluster-x.y.rds.amazonaws.com"));
  CHECK(!matches("orders.cluster-*.com", "orders.evil.com.cluster-x.com"));
  CHECK(matches("db*", "db"));
  CHECK(matches("db*", "db7"));
  CHECK(!matches("db*", "db.example"));
  CHECK(matches("a.*.com", "a.b.com"));
  CHECK(!matches("a.*.com", "a.b.c.com"));
  CHECK(matches("*a.com", "a.com"));
  CHECK(matches("*a*.com", "bab.com"));
  CHECK(!matches("*a.com", "x.a.com"));
  CHECK(matches("db.example.com.", "DB.example.com"));
}

TEST_CASE("names and addresses never match one another") {
  CHECK(!matches("*.example", "10.0.0.1"));
  CHECK(!matches("10.0.0.0/8", "ten.example"));
  CHECK(!matches("::/0", "10.0.0.1"));
  CHECK(!matches("0.0.0.0/0", "2001:db8::1"));
  CHECK(!matches("::/0", "::ffff:10.0.0.1"));
  CHECK(matches("0.0.0.0/0", "::ffff:10.0.0.1"));
  CHECK(matches("::ffff:10.0.0.1", "10.0.0.1"));
  CHECK(matches("[2001:db8::1]", "2001:DB8:0::1"));
  CHECK(matches("10.1.2.3/8", "10.200.0.1"));
}

TEST_CASE("in a deny rule nothing is left out") {
  CHECK(matches("any", "localhost"));
  CHECK(matches("any", "169.254.169.254"));
  CHECK(matches("0.0.0.0/0", "127.0.0.1"));
  CHECK(matches("::/0", "::1"));
  CHECK(matches("local*", "localhost"));
  CHECK(matches("*.localdomain", "localhost.localdomain"));
}

TEST_CASE("in an allow rule a guarded host matches only an entry that names it") {
  CHECK(grants("any", "db.example.com"));
  CHECK(grants("any", "10.0.0.1"));
  CHECK(!grants("any", "localhost"));
  CHECK(!grants("any", "a.localhost"));
  CHECK(!grants("any", "127.0.0.1"));
  CHECK(!grants("any", "::ffff:169.254.169.254"));
  CHECK(grants("localhost", "LOCALHOST."));
  CHECK(!grants("localhos*", "localhost"));
  CHECK(!grants("localhost*", "localhost"));
  CHECK(grants("*.localhost", "a.localhost"));
  CHECK(grants("*.localhost", "a.b.localhost"));
  CHECK(!grants("*.localhost", "localhost"));
  CHECK(!grants("*.b.localhost", "a.b.localhost"));
  CHECK(!grants("a*.localhost", "ab.localhost"));
  CHECK(grants("a.localhost", "a.localhost"));
  CHECK(!grants("*.localdomain", "localhost.localdomain"));
  CHECK(!grants("*.internal", "instance-data.ec2.internal"));
  CHECK(grants("instance-data.ec2.internal", "instance-data.ec2.internal"));
  CHECK(grants("127.0.0.1", "127.0.0.1"));
  CHECK(grants("::ffff:127.0.0.1", "127.0.0.1"));
  CHECK(grants("127.0.0.0/8", "127.9.9.9"));
  CHECK(grants("127.1.2.3/8", "127.9.9.9"));
  CHECK(grants("127.0.0.0/30", "127.0.0.1"));
  CHECK(!grants("126.0.0.0/7", "127.0.0.1"));
  CHECK(grants("126.0.0.0/7", "126.0.0.1"));
  CHECK(!grants("0.0.0.0/0", "169.254.169.254"));
  CHECK(grants("169.254.0.0/16", "169.254.169.254"));
  CHECK(!grants("169.254.0.0/15", "169.254.169.254"));
  CHECK(grants("::1", "::1"));
  CHECK(!grants("::/0", "::1"));
  CHECK(!grants("::/127", "::1"));
  CHECK(grants("::", "::"));
  CHECK(grants("fe80::/10", "fe80::1"));
  CHECK(grants("fe80::/64", "fe80::1"));
  CHECK(!grants("fe80::/9", "fe80::1"));
  CHECK(!grants("fd00::/8", "fd00:ec2::254"));
  CHECK(grants("fd00:ec2::/32", "fd00:ec2::254"));
  CHECK(grants("0.0.0.0/8", "::2"));
}
