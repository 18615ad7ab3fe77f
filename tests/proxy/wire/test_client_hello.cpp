#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include "proxy/wire/hello_samples.hpp"
#include "proxy/wire/samples.hpp"
#include "wire/client_hello.hpp"

namespace ssmgate::wire {
namespace {

using namespace samples;
using Kind = HelloFault::Kind;

HelloParse parse(const std::string& input) {
  return samples::parse_every_way<HelloScan>(
      input,
      [](std::string_view text, HelloScan* scan) {
        return scan != nullptr ? scan->advance(text) : parse_client_hello(text);
      },
      [](const HelloParse& a, const HelloParse& b) {
        if (a.index() != b.index()) return false;
        if (const auto* fault = std::get_if<HelloFault>(&a)) {
          const auto& other = std::get<HelloFault>(b);
          return fault->kind == other.kind && fault->detail == other.detail;
        }
        if (const auto* hello = std::get_if<ClientHello>(&a)) {
          return hello->server_name == std::get<ClientHello>(b).server_name;
        }
        return true;
      },
      [](const HelloParse& parse) { return std::holds_alternative<NeedMore>(parse); });
}

std::optional<std::string> name_in(const std::string& input) {
  const HelloParse result = parse(input);
  if (const auto* fault = std::get_if<HelloFault>(&result)) FAIL("refused: " << fault->detail);
  REQUIRE(std::holds_alternative<ClientHello>(result));
  return std::get<ClientHello>(result).server_name;
}

Kind refused(const std::string& input) {
  const HelloParse result = parse(input);
  REQUIRE(std::holds_alternative<HelloFault>(result));
  CHECK_FALSE(std::get<HelloFault>(result).detail.empty());
  return std::get<HelloFault>(result).kind;
}

bool needs_more(const std::string& input) {
  return std::holds_alternative<NeedMore>(parse(input));
}

TEST_CASE("client hello: bytes that are no TLS are told by the first of them") {
  for (const std::string& input :
       {std::string("G"), std::string("SSH-2.0-x\r\n"), bytes("\0"), bytes("\x80"),
        bytes("\x80\x2e\x01\x03\x01"), std::string("\x13\x03"), std::string("\x19\x03"),
        std::string("\xff"), bytes("\x15\x02"), std::string("\x17G")}) {
    CAPTURE(input);
    CHECK(refused(input) == Kind::not_tls);
  }
  CHECK(needs_more(""));
  CHECK(needs_more("\x16"));
  CHECK(needs_more("\x15"));
}

TEST_CASE(
    "client hello: what some server may take for TLS is never let through as something else") {
  CHECK(refused("\x15\x03\x01\x00\x02\x01\x00" + record(hello_with(server_name("a")))) ==
        Kind::unreadable);
  CHECK(refused("\x14\x03") == Kind::unreadable);
  CHECK(refused("\x17\x03") == Kind::unreadable);
  CHECK(refused("\x18\x03") == Kind::unreadable);
  CHECK(refused("\x16\x02") == Kind::unreadable);
  CHECK(refused(bytes("\x16\0")) == Kind::unreadable);
  CHECK(name_in(record(hello_with(server_name("a")), "\x16\x03\x09")) == "a");
}

TEST_CASE("client hello: OpenSSL's own") {
  CHECK(name_in(openssl_hello("ssm.us-east-1.amazonaws.com", TLS1_3_VERSION, "\x08http/1.1")) ==
        "ssm.us-east-1.amazonaws.com");
  CHECK(name_in(openssl_hello("SSM.example", TLS1_2_VERSION)) == "SSM.example");
  CHECK(name_in(openssl_hello(nullptr, TLS1_3_VERSION)) == std::nullopt);
  const std::string hello = openssl_hello("h.example", TLS1_3_VERSION);
  CHECK(name_in(records(hello.substr(5), 1)) == "h.example");
  CHECK(name_in(records(hello.substr(5), 100)) == "h.example");
  CHECK(name_in(hello + "whatever follows") == "h.example");
}

TEST_CASE("client hello: without extensions there is no name") {
  CHECK(name_in(record(message(before_extensions()))) == std::nullopt);
  CHECK(name_in(record(hello_with(""))) == std::nullopt);
  CHECK(name_in(record(hello_with(extension(10, "xy") + extension(0xfe0d, "ech")))) ==
        std::nullopt);
}

TEST_CASE("client hello: the outer name counts wherever it stands") {
  const std::string ech = extension(0xfe0d, std::string(200, 'e'));
  CHECK(name_in(record(hello_with(ech + server_name("outer.example")))) == "outer.example");
  CHECK(name_in(record(hello_with(server_name("outer.example") + ech))) == "outer.example");
  CHECK(name_in(record(hello_with(server_name("a_b.example.")))) == "a_b.example.");
  CHECK(name_in(record(hello_with(server_name(std::string(255, 'n'))))) == std::string(255, 'n'));
}

TEST_CASE("client hello: two names") {
  CHECK(refused(record(hello_with(server_name("a") + server_name("a")))) == Kind::two_names);
  CHECK(refused(record(hello_with(server_name("a") + extension(1, "x") + server_name("b")))) ==
        Kind::two_names);
  CHECK(refused(record(hello_with(extension(0, vector(host_name("a") + host_name("b"), 2))))) ==
        Kind::two_names);
  CHECK(refused(record(hello_with(extension(
            0, vector(host_name("a") + "\x01" + vector("b", 2), 2))))) == Kind::two_names);
  // Bytes behind the one name are no second name, but no list either.
  CHECK(refused(record(hello_with(server_name("a") + extension(0, "")))) == Kind::two_names);
}

TEST_CASE("client hello: a name that cannot be read") {
  for (const std::string& name : {std::string(), std::string(256, 'n'), bytes("a\0b"), bytes("a\0"),
                                  std::string("a b"), std::string("\xc3\xa9"), std::string("a\n"),
                                  std::string("a\x7f"), std::string("\x1b[0m")}) {
    CAPTURE(name);
    CHECK(refused(record(hello_with(server_name(name)))) == Kind::unreadable);
  }
  for (const std::string& data : {
           std::string(),                                // no list
           bytes("\0\0"),                                // an empty one
           vector("\x01" + vector("a", 2), 2),           // no host_name
           vector(host_name("a"), 2) + "x",              // something behind the list
           number(9, 2) + host_name("a"),                // a list over its end
           number(3, 2) + host_name("a"),                // a list short of its name
           vector(bytes("\0") + number(9, 2) + "a", 2),  // a name over its list
       }) {
    CAPTURE(data);
    CHECK(refused(record(hello_with(extension(0, data)))) == Kind::unreadable);
  }
}

TEST_CASE("client hello: lengths that do not add up") {
  const std::string sound = before_extensions();
  for (const std::string& body : {
           std::string(),
           sound.substr(0, 1),
           sound.substr(0, 34),
           sound.substr(0, sound.size() - 1),
           sound + "x",                       // half an extension block
           sound + vector("", 2) + "x",       // trailing bytes
           sound + number(5, 2) + "abc",      // a block over the message
           sound + vector(number(10, 2), 2),  // half an extension
           sound + vector(number(10, 2) + number(9, 2) + "a", 2),
           "\x02\x03" + sound.substr(2),  // another version
           sound.substr(0, 34) + vector(std::string(33, 's'), 1) + vector("\x13\x01", 2) +
               vector(bytes("\0"), 1),
           sound.substr(0, 34) + vector("", 1) + vector("\x13", 2) + vector(bytes("\0"), 1),
           sound.substr(0, 34) + vector("", 1) + vector("", 2) + vector(bytes("\0"), 1),
           sound.substr(0, 34) + vector("", 1) + vector("\x13\x01", 2) + vector("", 1),
       }) {
    CAPTURE(body.size());
    CHECK(refused(record(message(body))) == Kind::unreadable);
  }
}

TEST_CASE("client hello: records that no ClientHello is in") {
  const std::string hello = hello_with(server_name("h.example"));
  CHECK(refused(record("")) == Kind::unreadable);
  CHECK(refused(record(hello.substr(0, 10)) + record("") + record(hello.substr(10))) ==
        Kind::unreadable);
  CHECK(refused(record(hello.substr(0, 10)) + record(hello.substr(10), "\x15\x03\x01")) ==
        Kind::unreadable);
  CHECK(refused(record(hello.substr(0, 10)) + record(hello.substr(10), "\x16\x04\x01")) ==
        Kind::unreadable);
  CHECK(refused("\x16\x03\x01" + number(16385, 2)) == Kind::unreadable);
  CHECK(refused(record(message("x", 2))) == Kind::unreadable);
  CHECK(refused(record(bytes("\0"))) == Kind::unreadable);
}

TEST_CASE("client hello: the limit") {
  const auto sized = [](std::size_t size) {
    const std::string rest = hello_with(extension(21, ""));
    return hello_with(extension(21, std::string(size - rest.size(), 'p')));
  };
  // In records of 16 KiB, the last of which takes the rest: four or five headers.
  const std::string most = records(sized(kMaxClientHello - 20), 1 << 14);
  REQUIRE(most.size() == kMaxClientHello);
  CHECK(std::holds_alternative<ClientHello>(parse_client_hello(most)));
  const auto over = parse_client_hello(records(sized(kMaxClientHello - 19), 1 << 14));
  REQUIRE(std::holds_alternative<HelloFault>(over));
  CHECK(std::get<HelloFault>(over).kind == Kind::too_large);
  // By its first bytes, and by the records that small ones cost.
  CHECK(refused("\x16\x03\x01\x40" + bytes("\0\x01\xff\xff\xff")) == Kind::too_large);
  const auto tiny = parse_client_hello(records(sized(16000), 1));
  REQUIRE(std::holds_alternative<HelloFault>(tiny));
  CHECK(std::get<HelloFault>(tiny).kind == Kind::too_large);
}

// A client that sends byte by byte, in as many records as the limit lets in, would cost some 350
// million steps if each byte made the scan begin again.
TEST_CASE("client hello: a scan reads on from where it stopped") {
  const std::string hello =
      hello_with(server_name("h.example") + extension(21, std::string(10'800, 'p')));
  const std::string most = records(hello, 1);
  REQUIRE(most.size() < kMaxClientHello);
  // What has been read is spoilt behind the scan: it does not look there again.
  constexpr std::size_t kTwoRecords = 12;
  std::string spoilt = most;
  HelloScan scan;
  for (std::size_t size = 0; size < most.size(); ++size) {
    if (size >= kTwoRecords) spoilt[size - kTwoRecords] = '\0';
    const HelloParse parse = scan.advance(std::string_view(spoilt).substr(0, size));
    if (!std::holds_alternative<NeedMore>(parse)) FAIL("answered at byte " << size);
  }
  const HelloParse parse = scan.advance(most);
  REQUIRE(std::holds_alternative<ClientHello>(parse));
  CHECK(std::get<ClientHello>(parse).server_name == "h.example");
}

TEST_CASE("client hello: cut anywhere it needs more and never answers") {
  const std::string hello = record(hello_with(server_name("h.example")));
  for (std::size_t size = 0; size < hello.size(); ++size) {
    CHECK(std::holds_alternative<NeedMore>(parse_client_hello(hello.substr(0, size))));
  }
}

// INVARIANT: no server can be asked for a name that was not seen here. OpenSSL's server stands for
// all of them: what it takes for a ClientHello is one here, with that name, or is hung up on.
bool server_is_misled(const std::string& input) {
  const ServerView server = openssl_server_view(input);
  if (!server.hello) return false;
  const HelloParse parse = parse_client_hello(input);
  if (const auto* fault = std::get_if<HelloFault>(&parse)) return fault->kind == Kind::not_tls;
  if (std::holds_alternative<NeedMore>(parse)) return true;
  return server.read && std::get<ClientHello>(parse).server_name != server.name;
}

TEST_CASE("client hello: the comparison with OpenSSL sees what a server sees") {
  const ServerView view = openssl_server_view(openssl_hello("h.example", TLS1_3_VERSION));
  CHECK(view.hello);
  CHECK(view.read);
  CHECK(view.name == "h.example");
  CHECK_FALSE(openssl_server_view("GET / HTTP/1.1\r\n").hello);
}

TEST_CASE("client hello: a server reads a mutated hello as it is read here or never gets it") {
  const std::string hello = openssl_hello("h.example", TLS1_2_VERSION);
  std::size_t read = 0;
  for (std::size_t at = 0; at < hello.size(); ++at) {
    for (const int change : {0x01, 0x02, 0x80, 0xff}) {
      std::string mutated = hello;
      mutated[at] = static_cast<char>(mutated[at] ^ change);
      if (openssl_server_view(mutated).read) ++read;
      if (server_is_misled(mutated)) FAIL_CHECK("byte " << at << " changed by " << change);
    }
  }
  CHECK(read > hello.size());
}

TEST_CASE("client hello: a server is not misled by how it is wrapped") {
  const std::string hello = openssl_hello("h.example", TLS1_3_VERSION);
  const std::string content = hello.substr(5);
  const std::string warning = record("\x01\x5a", "\x15\x03\x01");
  for (const std::string& input : {
           hello,
           records(content, 1),
           records(content, 3),
           warning + hello,
           warning + warning + hello,
           record("") + hello,
           record(content.substr(0, 9)) + record("") + record(content.substr(9)),
           record(content.substr(0, 9)) + warning + record(content.substr(9)),
           record(content, "\x16\x03\x09"),
           record(content, "\x16\x02\x01"),
           record(content + content),
           record(bytes("\0\0\0\0") + content),
           record(hello_with(server_name("a") + server_name("b"))),
           record(hello_with(extension(0, vector(host_name("a") + host_name("b"), 2)))),
           record(hello_with(server_name(bytes("a\0b")))),
           record(message(before_extensions())),
       }) {
    CAPTURE(input);
    CHECK_FALSE(server_is_misled(input));
  }
}

}  // namespace
}  // namespace ssmgate::wire
