// Hosts: every spelling of a place is one Host or none, also against a second implementation that
// was written another way.
#include <doctest/doctest.h>

#include <random>
#include <string>

#include "policy/names/naive_host.hpp"
#include "ssmgate/names/host.hpp"

using namespace ssmgate;
using namespace std::string_view_literals;

namespace {

std::string canonical(std::string_view text) {
  const auto host = parse_host(text);
  return host ? host->text() : "refused";
}

HostFault fault_of(std::string_view text) {
  const auto host = parse_host(text);
  REQUIRE(!host);
  return host.error();
}

bool guarded(std::string_view text) {
  return is_guarded_host(*parse_host(text));
}

}  // namespace

TEST_CASE("whatever a resolver may take for an address is refused") {
  for (const std::string_view text : {"127.1"sv,
                                      "2130706433"sv,
                                      "0x7f000001"sv,
                                      "0X7F000001"sv,
                                      "0177.0.0.1"sv,
                                      "0x7f.1"sv,
                                      "127.0.0.1."sv,
                                      "127.0.0.01"sv,
                                      "1"sv,
                                      "0"sv,
                                      "0x"sv,
                                      "0X"sv,
                                      "db.0x"sv,
                                      "db.0xff"sv,
                                      "db.0XdeadBEEF"sv,
                                      "db.1"sv,
                                      "db.1."sv,
                                      "256.256.256.256"sv,
                                      "1.2.3.4.5"sv,
                                      "1.2.3"sv,
                                      "99999999999999999999"sv,
                                      "a.b.c.007"sv,
                                      "0x7f.0x0.0x0.0x1"sv}) {
    CAPTURE(text);
    CHECK(fault_of(text) == HostFault::numeric_last_label);
  }
}

TEST_CASE("last labels that no resolver takes for a number") {
  CHECK(canonical("db.0xg") == "db.0xg");
  CHECK(canonical("db.1a") == "db.1a");
  CHECK(canonical("0x7f.example") == "0x7f.example");
  CHECK(canonical("1.2.3.4a") == "1.2.3.4a");
  CHECK(canonical("4.3.2.1.in-addr.arpa") == "4.3.2.1.in-addr.arpa");
  CHECK(canonical("x0") == "x0");
  CHECK(canonical("db.1_1") == "db.1_1");
}

TEST_CASE("names that are none") {
  CHECK(fault_of("") == HostFault::empty);
  for (const std::string_view text : {"a b"sv,
                                      " a"sv,
                                      "a "sv,
                                      "a\0b"sv,
                                      "a\0"sv,
                                      "a\n"sv,
                                      "a\r\n"sv,
                                      "a\tb"sv,
                                      "a/b"sv,
                                      "a@b"sv,
                                      "a%00"sv,
                                      "a,b"sv,

                                      "*"sv,
                                      "*.example.com"sv,
                                      "a?"sv,
                                      "a\\b"sv,
                                      "d\xC3\xBC"sv,
                                      "\xEF\xBD\x81.com"sv,
                                      "a\xE3\x80\x82"
                                      "b"sv,
                                      "a\xC2\xAD"
                                      "b"sv,
                                      "a\x7F"sv,
                                      "a+b"sv,
                                      "a~b"sv}) {
    CAPTURE(text);
    CHECK(fault_of(text) == HostFault::bad_character);
  }
  for (const std::string_view text :
       {"."sv, ".."sv, "a..b"sv, ".a"sv, "a.."sv, "-a"sv, "a-"sv, "a.-b"sv, "a-.b"sv, "-"sv}) {
    CAPTURE(text);
    CHECK(fault_of(text) == HostFault::bad_label);
  }
  const std::string label(63, 'a');
  CHECK(canonical(label) == label);
  CHECK(fault_of(label + "a") == HostFault::bad_label);
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'b');
  CHECK(canonical(longest) == longest);
  CHECK(canonical(longest + ".") == longest);
  CHECK(fault_of(longest + "b") == HostFault::too_long);
}

TEST_CASE("names are lower case without one trailing dot") {
  CHECK(canonical("DB.Example.COM") == "db.example.com");
  CHECK(canonical("db.example.com.") == "db.example.com");
  CHECK(canonical("_srv._tcp.example") == "_srv._tcp.example");
  CHECK(canonical("xn--bcher-kva.example") == "xn--bcher-kva.example");
  CHECK(*parse_host("A.") == *parse_host("a"));
}

TEST_CASE("addresses that are none") {
  for (const std::string_view text : {"["sv,
                                      "[]"sv,
                                      "]"sv,
                                      "[::1"sv,
                                      "::1]"sv,
                                      "[::1]."sv,
                                      "[::1]:80"sv,
                                      "[[::1]]"sv,
                                      "[127.0.0.1]"sv,
                                      "[a]"sv,
                                      "::1%lo"sv,
                                      "[fe80::1%eth0]"sv,
                                      "fe80::1%25eth0"sv,
                                      "a:80"sv,
                                      "127.0.0.1:80"sv,
                                      ":"sv,
                                      "::1."sv,
                                      "::1 "sv,
                                      "[::1]\0"sv,
                                      "::127.1"sv,
                                      "::ffff:127.0.0.01"sv,
                                      "1:2:3:4:5:6:7:8:9"sv,
                                      "v1.a:b"sv,
                                      "[v1.a:b]"sv}) {
    CAPTURE(text);
    if (text == "]") {
      CHECK(fault_of(text) == HostFault::bad_character);
      continue;
    }
    CHECK(fault_of(text) == HostFault::bad_address);
  }
}

TEST_CASE("addresses that stand for IPv4 by a translator are refused") {
  for (const std::string_view text :
       {"::ffff:0:127.0.0.1"sv, "::ffff:0:0:0"sv, "::ffff:0:7f00:1"sv, "64:ff9b:1::"sv,
        "64:ff9b:1::127.0.0.1"sv, "64:FF9B:1:ffff:ffff:ffff:ffff:ffff"sv, "[64:ff9b:1::1]"sv}) {
    CAPTURE(text);
    CHECK(fault_of(text) == HostFault::translated_address);
  }
}

TEST_CASE("an IPv6 address that embeds an IPv4 one is that address") {
  for (const std::string_view text :
       {"10.1.2.3"sv, "::ffff:10.1.2.3"sv, "::FFFF:a01:203"sv, "::10.1.2.3"sv, "::a01:203"sv,
        "64:ff9b::10.1.2.3"sv, "64:ff9b::a01:203"sv, "[::ffff:10.1.2.3]"sv,
        "0:0:0:0:0:ffff:0a01:0203"sv, "0064:ff9b:0:0:0:0:10.1.2.3"sv}) {
    CAPTURE(text);
    CHECK(canonical(text) == "10.1.2.3");
  }
  CHECK(canonical("::") == "::");
  CHECK(canonical("::1") == "::1");
  CHECK(canonical("::2") == "0.0.0.2");
  CHECK(canonical("::ffff:0.0.0.0") == "0.0.0.0");
  CHECK(canonical("64:ff9b::") == "0.0.0.0");
  CHECK(canonical("64:ff9b::1") == "0.0.0.1");
  CHECK(canonical("[2001:DB8::1]") == "2001:db8::1");
  CHECK(canonical("2002:7f00:1::") == "2002:7f00:1::");
  CHECK(canonical("1::ffff:1.2.3.4") == "1::ffff:102:304");
}

TEST_CASE("hosts that are the node itself or hand out its role") {
  for (const std::string_view text : {"localhost",
                                      "LOCALHOST.",
                                      "a.localhost",
                                      "a.b.localhost",
                                      "localhost.localdomain",
                                      "localhost4",
                                      "localhost4.localdomain4",
                                      "localhost6",
                                      "localhost6.localdomain6",
                                      "ip6-localhost",
                                      "ip6-loopback",
                                      "instance-data",
                                      "instance-data.ec2.internal",
                                      "127.0.0.1",
                                      "127.255.255.255",
                                      "::1",
                                      "0.0.0.0",
                                      "0.1.2.3",
                                      "::",
                                      "169.254.169.254",
                                      "169.254.0.0",
                                      "fe80::1",
                                      "febf::",
                                      "fd00:ec2::254",
                                      "::ffff:127.0.0.1",
                                      "::127.0.0.1",
                                      "64:ff9b::7f00:1",
                                      "::2",
                                      "64:ff9b::"}) {
    CAPTURE(text);
    CHECK(guarded(text));
  }
  for (const std::string_view text :
       {"localhost.example.com", "notlocalhost", "localhost5", "x.instance-data", "a.ip6-localhost",
        "localdomain", "128.0.0.1", "126.255.255.255", "1.0.0.0", "169.253.0.1", "169.255.0.1",
        "fec0::1", "fd00:ec3::1", "::1:0:0:0", "10.0.0.1"}) {
    CAPTURE(text);
    CHECK(!guarded(text));
  }
}

TEST_CASE("hosts agree with a second implementation on hostile spellings") {
  std::mt19937 random(2024);
  const std::vector<std::string> pieces{
      "0",    "1",    "127", "255",     "256",      "0x7f", "0x", "0177", "a",    "localhost",
      "ffff", "64",   "::",  ":",       ".",        ".",    ".",  "-",    "_",    "[",
      "]",    "ff9b", "ec2", "fe80",    "%",        " ",    "X",  "db",   "7f00", "1",
      "\xC3", "xn--", "0X",  "::ffff:", "64:ff9b:", "0:0",  "00", ".1",   ".1.",  "169.254."};
  int accepted = 0;
  for (int i = 0; i < 60'000; ++i) {
    std::string text;
    const auto count = 1 + random() % 8;
    for (unsigned k = 0; k < count; ++k) text += pieces[random() % pieces.size()];
    CAPTURE(text);
    const std::string mine = canonical(text);
    REQUIRE(mine == naive::canonical_host(text));
    if (mine == "refused") continue;
    ++accepted;
    REQUIRE(canonical(mine) == mine);
    REQUIRE(guarded(mine) == naive::is_guarded(mine));
  }
  CHECK(accepted > 3'000);
}

TEST_CASE("addresses agree with a second implementation in every notation") {
  std::mt19937 random(5);
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    const auto groups = 2 + random() % 7;
    const auto gap = random() % 10;
    for (unsigned g = 0; g < groups; ++g) {
      if (g > 0) text += g == gap ? "::" : ":";
      static constexpr const char* kGroups[] = {"0", "0000", "64",  "ff9b", "ffff", "FFFF",
                                                "1", "fe80", "ec2", "fd00", "7f00", "a01"};
      text += kGroups[random() % std::size(kGroups)];
    }
    if (random() % 4 == 0) text = "::" + text;
    if (random() % 4 == 0) text += ":127.0.0.1";
    if (random() % 8 == 0) text = "[" + text + "]";
    CAPTURE(text);
    REQUIRE(canonical(text) == naive::canonical_host(text));
  }
}
