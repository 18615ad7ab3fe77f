// Addresses and blocks: one spelling each for IPv4, RFC 4291 for IPv6, RFC 5952 out.
#include <arpa/inet.h>
#include <doctest/doctest.h>

#include <random>
#include <string>

#include "ssmgate/names/ip_address.hpp"

using namespace ssmgate;

namespace {

std::string canonical(std::string_view text) {
  const auto address = parse_ip_address(text);
  return address ? render_ip_address(*address) : "refused";
}

// What the C library says, on text without a NUL.
std::string canonical_by_libc(const std::string& text) {
  unsigned char bytes[16];
  const int family = text.find(':') == std::string::npos ? AF_INET : AF_INET6;
  if (inet_pton(family, text.c_str(), bytes) != 1) return "refused";
  std::string out(64, '\0');
  inet_ntop(family, bytes, out.data(), 64);
  return out.c_str();
}

}  // namespace

TEST_CASE("spellings that are no address") {
  using namespace std::string_view_literals;
  for (const std::string_view text : {""sv,
                                      "."sv,
                                      "1"sv,
                                      "1.2.3"sv,
                                      "1.2.3.4.5"sv,
                                      "1.2.3.4."sv,
                                      ".1.2.3.4"sv,
                                      "1..2.3"sv,
                                      "01.2.3.4"sv,
                                      "1.2.3.04"sv,
                                      "00.0.0.0"sv,
                                      "256.0.0.1"sv,
                                      "1.2.3.999"sv,
                                      "1.2.3.0004"sv,
                                      "0x7f.0.0.1"sv,
                                      "+1.2.3.4"sv,
                                      "-1.2.3.4"sv,
                                      " 1.2.3.4"sv,
                                      "1.2.3.4 "sv,
                                      "1.2.3.4\0"sv,
                                      "1.2.3.4\0x"sv,
                                      "1.2.3.4%eth0"sv,
                                      "[1.2.3.4]"sv,
                                      "1.2.3.a"sv,
                                      ":"sv,
                                      ":::"sv,
                                      "1:"sv,
                                      ":1"sv,
                                      "1:2:3:4:5:6:7"sv,
                                      "1:2:3:4:5:6:7:8:9"sv,
                                      "1:2:3:4:5:6:7:8::"sv,
                                      "::1:2:3:4:5:6:7:8"sv,
                                      "1::2::3"sv,
                                      "12345::"sv,
                                      "::g"sv,
                                      "::1%eth0"sv,
                                      "::1%"sv,
                                      "[::1]"sv,
                                      "fe80::1%1"sv,
                                      "::1.2.3"sv,
                                      "::1.2.3.04"sv,
                                      "::1.2.3.4:5"sv,
                                      "1.2.3.4::"sv,
                                      "1:2:3:4:5:6:7:1.2.3.4"sv,
                                      "::1:"sv,
                                      ":1::"sv,
                                      "::1\0"sv,
                                      "1:::2"sv,
                                      "::0x1"sv,
                                      "\xEF\xBC\x91.2.3.4"sv}) {
    CAPTURE(text);
    CHECK(!parse_ip_address(text));
  }
}

TEST_CASE("addresses are written in one form") {
  CHECK(canonical("0.0.0.0") == "0.0.0.0");
  CHECK(canonical("255.255.255.255") == "255.255.255.255");
  CHECK(canonical("::") == "::");
  CHECK(canonical("::1") == "::1");
  CHECK(canonical("1::") == "1::");
  CHECK(canonical("2001:DB8:0:0:0:0:0:1") == "2001:db8::1");
  CHECK(canonical("2001:0db8:0000:0001:0000:0000:0000:0001") == "2001:db8:0:1::1");
  CHECK(canonical("2001:db8:0:1:1:1:1:1") == "2001:db8:0:1:1:1:1:1");
  CHECK(canonical("2001:0:0:1:0:0:0:1") == "2001:0:0:1::1");
  CHECK(canonical("2001:db8:0:0:1:0:0:1") == "2001:db8::1:0:0:1");
  CHECK(canonical("1:2:3:4:5:6:7::") == "1:2:3:4:5:6:7:0");
  CHECK(canonical("::2:3:4:5:6:7:8") == "0:2:3:4:5:6:7:8");
  CHECK(canonical("1:2:3:4:5:6:1.2.3.4") == "1:2:3:4:5:6:102:304");
  CHECK(canonical("::ffff:1.2.3.4") == "::ffff:1.2.3.4");
  CHECK(canonical("64:ff9b::1.2.3.4") == "64:ff9b::102:304");
}

TEST_CASE("addresses agree with the C library") {
  std::mt19937 random(7);
  const std::string alphabet = "0123456789abcF:::..";
  for (int i = 0; i < 40'000; ++i) {
    std::string text;
    const auto size = random() % 16;
    for (unsigned k = 0; k < size; ++k) text += alphabet[random() % alphabet.size()];
    const auto mine = parse_ip_address(text);
    CAPTURE(text);
    const std::string libc = canonical_by_libc(text);
    REQUIRE(mine.has_value() == (libc != "refused"));
    if (mine) CHECK(parse_ip_address(render_ip_address(*mine)) == mine);
    if (mine) CHECK(parse_ip_address(libc) == mine);
  }
}

TEST_CASE("random addresses survive rendering and equal the C library's rendering") {
  std::mt19937 random(11);
  for (int i = 0; i < 5'000; ++i) {
    std::array<std::uint8_t, 16> bytes{};
    for (auto& byte : bytes) byte = random() % 3 != 0 ? 0 : static_cast<std::uint8_t>(random());
    bytes[0] = 0x20;  // the C library writes ::a.b.c.d in dotted form, RFC 5952 leaves it open
    const auto address = IpAddress::v6(bytes);
    const std::string text = render_ip_address(address);
    CHECK(parse_ip_address(text) == address);
    CHECK(text == canonical_by_libc(text));
  }
}

TEST_CASE("only the mapped form is unmapped") {
  CHECK(render_ip_address(unmapped(*parse_ip_address("::ffff:127.0.0.1"))) == "127.0.0.1");
  CHECK(render_ip_address(unmapped(*parse_ip_address("::127.0.0.1"))) == "::7f00:1");
  CHECK(render_ip_address(unmapped(*parse_ip_address("64:ff9b::127.0.0.1"))) == "64:ff9b::7f00:1");
  CHECK(render_ip_address(unmapped(*parse_ip_address("10.0.0.1"))) == "10.0.0.1");
}

TEST_CASE("blocks that are none") {
  for (const std::string_view text :
       {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/8/8",
        "10.0.0.0/ 8", "10/8", "::/129", "::/0128", "[::]/0", "::/-1", "10.0.0.0/255.0.0.0"}) {
    CAPTURE(text);
    CHECK(!parse_cidr(text));
  }
}

TEST_CASE("blocks contain addresses of their family alone") {
  const auto contains = [](std::string_view block, std::string_view address) {
    return parse_cidr(block)->contains(*parse_ip_address(address));
  };
  CHECK(contains("10.20.0.0/16", "10.20.255.255"));
  CHECK(!contains("10.20.0.0/16", "10.21.0.0"));
  CHECK(contains("10.20.30.40/16", "10.20.0.1"));
  CHECK(contains("0.0.0.0/0", "255.0.0.1"));
  CHECK(!contains("0.0.0.0/0", "::1"));
  CHECK(!contains("::/0", "1.2.3.4"));
  CHECK(contains("::/0", "ffff::"));
  CHECK(contains("10.0.0.8/29", "10.0.0.15"));
  CHECK(!contains("10.0.0.8/29", "10.0.0.16"));
  CHECK(contains("fe80::/10", "febf::1"));
  CHECK(!contains("fe80::/10", "fec0::1"));
  CHECK(contains("10.0.0.1", "10.0.0.1"));
  CHECK(!contains("10.0.0.1", "10.0.0.0"));
}

TEST_CASE("blocks contain smaller blocks") {
  const auto contains = [](std::string_view a, std::string_view b) {
    return parse_cidr(a)->contains(*parse_cidr(b));
  };
  CHECK(contains("10.0.0.0/8", "10.1.0.0/16"));
  CHECK(contains("10.0.0.0/8", "10.0.0.0/8"));
  CHECK(!contains("10.0.0.0/8", "10.0.0.0/7"));
  CHECK(!contains("10.0.0.0/8", "11.0.0.0/9"));
  CHECK(!contains("::/0", "10.0.0.0/8"));
}

TEST_CASE("host bits are seen") {
  CHECK(parse_cidr("10.0.0.1/8")->has_host_bits());
  CHECK(!parse_cidr("10.0.0.0/8")->has_host_bits());
  CHECK(!parse_cidr("10.0.0.1")->has_host_bits());
  CHECK(parse_cidr("10.0.0.128/24")->has_host_bits());
  CHECK(!parse_cidr("10.0.0.128/25")->has_host_bits());
  CHECK(parse_cidr("1::1/64")->has_host_bits());
  CHECK(parse_cidr("128.0.0.0/0")->has_host_bits());
}
