#include <doctest/doctest.h>

#include <openssl/ssl.h>

#include <memory>

#include "proxy/wire/samples.hpp"
#include "wire/client_hello.hpp"

namespace ssmgate::wire {
namespace {

using samples::bytes;
using Kind = HelloFault::Kind;

std::string number(std::size_t value, std::size_t size) {
  std::string out;
  for (std::size_t i = size; i-- > 0;) out += static_cast<char>((value >> (8 * i)) & 0xff);
  return out;
}

std::string vector(const std::string& content, std::size_t length_size) {
  return number(content.size(), length_size) + content;
}

std::string extension(std::size_t type, const std::string& data) {
  return number(type, 2) + vector(data, 2);
}

std::string host_name(const std::string& name) {
  return bytes("\0") + vector(name, 2);
}

std::string server_name(const std::string& name) {
  return extension(0, vector(host_name(name), 2));
}

// A ClientHello up to its extensions.
std::string before_extensions() {
  return "\x03\x03" + std::string(32, 'r') + vector(std::string(32, 's'), 1) +
         vector("\x13\x01\x13\x02", 2) + vector(bytes("\0"), 1);
}

std::string message(const std::string& body, char type = 1) {
  return type + vector(body, 3);
}

std::string hello_with(const std::string& extensions) {
  return message(before_extensions() + vector(extensions, 2));
}

std::string record(const std::string& fragment, const std::string& head = "\x16\x03\x01") {
  return head + vector(fragment, 2);
}

// `content` in records of `size` bytes.
std::string records(const std::string& content, std::size_t size) {
  std::string out;
  for (std::size_t at = 0; at < content.size(); at += size) out += record(content.substr(at, size));
  return out;
}

HelloParse parse(const std::string& input) {
  return samples::parse_every_way(
      input, [](std::string_view text, HeadScan*) { return parse_client_hello(text); },
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

// What OpenSSL's client sends first.
std::string openssl_hello(const char* name, int max_version, const unsigned char* alpn,
                          unsigned alpn_size) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  SSL_CTX_set_max_proto_version(context.get(), max_version);
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl.get(), in, out);
  if (name != nullptr)
    REQUIRE(SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                     const_cast<char*>(name)) == 1);
  if (alpn != nullptr) REQUIRE(SSL_set_alpn_protos(ssl.get(), alpn, alpn_size) == 0);
  SSL_connect(ssl.get());
  std::string sent(BIO_ctrl_pending(out), '\0');
  REQUIRE(BIO_read(out, sent.data(), static_cast<int>(sent.size())) ==
          static_cast<int>(sent.size()));
  return sent;
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
  const unsigned char alpn[] = "\x08http/1.1";
  CHECK(name_in(openssl_hello("ssm.us-east-1.amazonaws.com", TLS1_3_VERSION, alpn, 9)) ==
        "ssm.us-east-1.amazonaws.com");
  CHECK(name_in(openssl_hello("SSM.example", TLS1_2_VERSION, nullptr, 0)) == "SSM.example");
  CHECK(name_in(openssl_hello(nullptr, TLS1_3_VERSION, nullptr, 0)) == std::nullopt);
  const std::string hello = openssl_hello("h.example", TLS1_3_VERSION, nullptr, 0);
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

TEST_CASE("client hello: cut anywhere it needs more and never answers") {
  const std::string hello = record(hello_with(server_name("h.example")));
  for (std::size_t size = 0; size < hello.size(); ++size) {
    CHECK(std::holds_alternative<NeedMore>(parse_client_hello(hello.substr(0, size))));
  }
}

}  // namespace
}  // namespace ssmgate::wire
