// What goes past a parent proxy, and how its address is read.
#include <doctest/doctest.h>

#include "config/no_proxy.hpp"
#include "config/proxy_url.hpp"

using namespace ssmgate;
using namespace ssmgate::config;

namespace {

bool goes_direct(std::string_view entry, std::string_view host, std::uint16_t port = 443) {
  auto parsed = NoProxyEntry::parse(entry);
  CAPTURE(entry);
  REQUIRE(std::holds_alternative<NoProxyEntry>(parsed));
  const auto name = parse_host(host);
  REQUIRE(name.has_value());
  return bypasses_proxy({std::get<NoProxyEntry>(parsed)}, *name, port);
}

std::string fault_of(std::string_view url) {
  const auto parsed = parse_proxy_url(url);
  CAPTURE(url);
  REQUIRE(std::holds_alternative<std::string>(parsed));
  return std::get<std::string>(parsed);
}

ProxyUrl read(std::string_view url) {
  auto parsed = parse_proxy_url(url);
  CAPTURE(url);
  REQUIRE(std::holds_alternative<ProxyUrl>(parsed));
  return std::get<ProxyUrl>(parsed);
}

}  // namespace

TEST_CASE("no_proxy knows names suffixes addresses and ports") {
  struct Row {
    const char* entry;
    const char* host;
    std::uint16_t port;
    bool direct;
  };
  const Row rows[] = {
      {"*", "a.example", 443, true},
      {"*", "10.0.0.1", 1, true},
      {"*:8443", "a.example", 443, false},
      {"*:8443", "a.example", 8443, true},
      {"a.example", "a.example", 443, true},
      {"A.Example.", "a.example", 443, true},
      {"a.example", "b.a.example", 443, true},
      {"a.example", "c.b.a.example", 443, true},
      {"a.example", "ba.example", 443, false},
      {"a.example", "example", 443, false},
      {".a.example", "a.example", 443, false},
      {".a.example", "b.a.example", 443, true},
      {".a.example", "b-a.example", 443, false},
      {"*.a.example", "a.example", 443, false},
      {"*.a.example", "c.b.a.example", 443, true},
      {".internal", "db.internal", 5432, true},
      {".internal", "internal.evil.example", 443, false},
      {"a.example:8443", "a.example", 443, false},
      {"a.example:8443", "b.a.example", 8443, true},
      {".a.example:8443", "b.a.example", 8443, true},
      {"10.0.0.0/8", "10.1.2.3", 443, true},
      {"10.0.0.0/8", "11.1.2.3", 443, false},
      {"10.0.0.0/8", "a.example", 443, false},
      {"10.0.0.0/8:22", "10.1.2.3", 443, false},
      {"10.0.0.0/8:22", "10.1.2.3", 22, true},
      {"192.0.2.7", "192.0.2.7", 443, true},
      {"192.0.2.7:80", "192.0.2.7", 443, false},
      {"192.0.2.7", "192.0.2.70", 443, false},
      {"::1", "::1", 443, true},
      {"[::1]", "::1", 443, true},
      {"[::1]:8443", "::1", 8443, true},
      {"[::1]:8443", "::1", 443, false},
      {"2001:db8::/32", "2001:db8::7", 443, true},
      {"2.0.192.in-addr.arpa", "192.0.2.7", 443, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.host);
    CHECK(goes_direct(row.entry, row.host, row.port) == row.direct);
  }
}

TEST_CASE("an entry that no host could match is a fault") {
  for (const char* entry :
       {"", ".", "*a.example", "a.*.example", "a b", "a.example:0", "a.example:", "a.example:99999",
        "http://a.example", "10.0.0.0/33", "127.1", ".10.0.0.1", "[::1", "a..example"}) {
    CAPTURE(entry);
    CHECK(std::holds_alternative<std::string>(NoProxyEntry::parse(entry)));
  }
}

TEST_CASE("a proxy's url has a scheme a host a port and a user") {
  const ProxyUrl plain = read("http://Proxy.Example:3128");
  CHECK_FALSE(plain.tls);
  CHECK(plain.host == "proxy.example");
  CHECK(plain.port == 3128);
  CHECK_FALSE(plain.username.has_value());
  CHECK(read("http://proxy.example").port == 80);
  CHECK(read("https://proxy.example/").port == 443);
  CHECK(read("https://[2001:db8::1]:8443").host == "2001:db8::1");
  CHECK(read("https://[2001:db8::1]:8443").port == 8443);
  CHECK(read("https://[2001:db8::1]").port == 443);
  const ProxyUrl user = read("http://al%40ice:p%3A%2f@w@proxy.example:1");
  CHECK(user.username == "al@ice");
  CHECK(user.password == "p:/@w");
  CHECK(user.host == "proxy.example");
  CHECK(read("http://alice@proxy.example").password.empty());
}

TEST_CASE("what is no proxy's url is a fault that does not repeat the password") {
  CHECK(fault_of("socks5://proxy.example").find("SOCKS") != std::string::npos);
  CHECK(fault_of("proxy.example:3128").find("http://") != std::string::npos);
  for (const char* url :
       {"http://", "http://:3128", "http://proxy.example:0", "http://proxy.example:x",
        "http://proxy.example/path", "http://proxy.example?x", "http://proxy.example#x",
        "http://pro xy.example", "http://127.1:3128", "http://[::1:3128"}) {
    CHECK_FALSE(fault_of(url).empty());
  }
  for (const char* url :
       {"http://alice:s3cr3t%zz@proxy.example", "http://alice:s3cr3t%0a@proxy.example",
        "http://al%3aice:s3cr3t@proxy.example", "http://alice:s3cr3t@proxy.example:0",
        "http://alice:s3cr3t@proxy.example/s3cr3t", "ftp://alice:s3cr3t@proxy.example"}) {
    CHECK(fault_of(url).find("s3cr3t") == std::string::npos);
  }
}
