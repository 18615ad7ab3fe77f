#include <doctest/doctest.h>

#include "proxy/wire/samples.hpp"
#include "wire/connect.hpp"

namespace ssmgate::wire {
namespace {

using samples::bytes;
using Kind = ConnectFault::Kind;

ConnectParse parse(const std::string& input) {
  return samples::parse_every_way(
      input,
      [](std::string_view text, HeadScan* scan) {
        return scan ? parse_connect(text, *scan) : parse_connect(text);
      },
      [](const ConnectParse& a, const ConnectParse& b) {
        if (a.index() != b.index()) return false;
        if (const auto* fault = std::get_if<ConnectFault>(&a)) {
          const auto& other = std::get<ConnectFault>(b);
          return fault->kind == other.kind && fault->detail == other.detail;
        }
        if (const auto* request = std::get_if<ConnectRequest>(&a)) {
          const auto& other = std::get<ConnectRequest>(b);
          return request->host == other.host && request->port == other.port &&
                 request->consumed == other.consumed &&
                 request->proxy_authorization == other.proxy_authorization;
        }
        return true;
      },
      [](const ConnectParse& parse) { return std::holds_alternative<NeedMore>(parse); });
}

ConnectRequest accepted(const std::string& input) {
  INFO("input: ", input);
  const ConnectParse result = parse(input);
  if (const auto* fault = std::get_if<ConnectFault>(&result)) FAIL("refused: " << fault->detail);
  REQUIRE(std::holds_alternative<ConnectRequest>(result));
  return std::get<ConnectRequest>(result);
}

bool is_printable(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

ConnectFault refused(const std::string& input) {
  const ConnectParse result = parse(input);
  REQUIRE_MESSAGE(std::holds_alternative<ConnectFault>(result), "not refused: " << input);
  const ConnectFault& fault = std::get<ConnectFault>(result);
  CHECK_FALSE(fault.detail.empty());
  CHECK(is_printable(fault.detail));
  CHECK(fault.detail.size() < 400);
  return fault;
}

// A CONNECT whose head has `fields`, each with its line end.
std::string with_fields(const std::string& fields) {
  return "CONNECT h.example:443 HTTP/1.1\r\nHost: h.example:443\r\n" + fields + "\r\n";
}

std::string to(const std::string& authority) {
  return "CONNECT " + authority + " HTTP/1.0\r\n\r\n";
}

TEST_CASE("connect: what is no CONNECT is told apart") {
  CHECK(refused(bytes("\x16")).kind == Kind::tls_hello);
  CHECK(refused(bytes("\x16\x03\x01\x02\x00")).detail.find("`http://`") != std::string::npos);
  CHECK(refused(bytes("\x05\x01\x00")).kind == Kind::not_http);
  CHECK(refused(bytes("\x04\x01")).detail.find("SOCKS") != std::string::npos);
  CHECK(refused(bytes("\x00")).kind == Kind::not_http);
  CHECK(refused("\xff\xfe").kind == Kind::not_http);
  CHECK(refused("\r\nCONNECT h.example:443 HTTP/1.1\r\n").kind == Kind::not_http);
  CHECK(refused(" CONNECT h.example:443 HTTP/1.1\r\n").kind == Kind::not_http);
  CHECK(refused("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n").kind == Kind::not_http);
  CHECK(refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").kind == Kind::not_http);
  CHECK(refused("connect h.example:443 HTTP/1.1\r\n").kind == Kind::not_http);
  CHECK(refused(std::string(33, 'A')).kind == Kind::not_http);
  CHECK(refused("CONNECT\th.example:443 HTTP/1.1\r\n").kind == Kind::not_http);
}

TEST_CASE("connect: a plain request is told what to set") {
  const ConnectFault absolute = refused("GET http://h.example/ HTTP/1.1\r\n");
  CHECK(absolute.kind == Kind::plain_request);
  CHECK(absolute.detail.find("`https://`") != std::string::npos);
  const ConnectFault origin = refused("GET / HTTP/1.1\r\n\r\n");
  CHECK(origin.kind == Kind::plain_request);
  CHECK(origin.detail.find("HTTPS_PROXY") != std::string::npos);
  CHECK(refused(samples::capture("odd-plain-http-absolute")).kind == Kind::plain_request);
  CHECK(refused("OPTIONS * HTTP/1.1\r\n").kind == Kind::plain_request);
  const ConnectFault secure = refused("POST HTTPS://h.example/ HTTP/1.1\r\n");
  CHECK(secure.kind == Kind::plain_request);
  CHECK(secure.detail.find("of an `https://` URL") != std::string::npos);
  CHECK(refused("POST https HTTP/1.1\r\n").detail.find("`http://`") != std::string::npos);
}

TEST_CASE("connect: a request line that is not exactly right") {
  for (const char* line : {
           "CONNECT  h.example:443 HTTP/1.1\r\n",
           "CONNECT h.example:443  HTTP/1.1\r\n",
           "CONNECT h.example:443 HTTP/1.1 \r\n",
           "CONNECT h.example:443\tHTTP/1.1\r\n",
           "CONNECT h.example:443\r\n",
           "CONNECT h.example:443 HTTP/1.2\r\n",
           "CONNECT h.example:443 HTTP/2.0\r\n",
           "CONNECT h.example:443 http/1.1\r\n",
           "CONNECT h.example:443 HTTP/1.10\r\n",
           "CONNECT h.example:443 HTTP/1.1\n",
           "CONNECT h.example:443 HTTP/1.1\rX",
           "CONNECT h\x01.example:443 HTTP/1.1\r\n",
           "CONNECT h\xc3\xa9.example:443 HTTP/1.1\r\n",
           "CONNECT h\x7f:443 HTTP/1.1\r\n",
       }) {
    CAPTURE(line);
    CHECK(refused(line).kind == Kind::bad_request);
  }
}

TEST_CASE("connect: an authority is HOST and PORT and nothing else") {
  for (const char* authority : {
           "h.example",
           "h.example:",
           ":443",
           ":",
           "h.example:0",
           "h.example:65536",
           "h.example:99999999999999999999",
           "h.example:0443",
           "h.example:+443",
           "h.example:-1",
           "h.example:44 3",
           "h.example:443x",
           "h.example:0x1bb",
           "h.example:https",
           "h.example:443:443",
           "u@h.example:443",
           "u:p@h.example:443",
           "h.example/:443",
           "h.example:443/",
           "http://h.example:443",
           "https://h.example:443/",
           "h%2eexample:443",
           "::1:443",
           "[::1]",
           "[::1:443",
           "::1]:443",
           "[::1]443",
           "[]:443",
           "[h.example]:443",
           "[127.0.0.1]:443",
           "[fe80::1%eth0]:443",
           "[fe80::1%25eth0]:443",
           "[[::1]]:443",
           "h.example..:443",
           ".:443",
           "..:443",
           "-h.example:443",
           "h..example:443",
           "127.1:443",
           "2130706433:443",
           "0x7f000001:443",
           "127.0.0.1.:443",
           "0177.0.0.1:443",
           "h.example?:443",
           "h.example#:443",
           "*:443",
           "/",
           "*",
       }) {
    CAPTURE(authority);
    CHECK(refused(to(authority)).kind == Kind::bad_request);
  }
  CHECK(refused(to(std::string(300, 'a') + ":443")).kind == Kind::bad_request);
  CHECK(refused(to(std::string(2000, 'a') + ":443")).kind == Kind::bad_request);
}

TEST_CASE("connect: a user name and a password are not shown") {
  for (const char* line : {"CONNECT user:SECRET@h.example:443 HTTP/1.1\r\n",
                           "CONNECT http://user:SECRET@h.example:443 HTTP/1.1\r\n",
                           "CONNECT SECRET@SECRET@h.example:443 HTTP/1.1\r\n"}) {
    const ConnectFault fault = refused(line);
    CHECK(fault.detail == "`h.example:443` comes with a user name: CONNECT wants HOST:PORT alone");
  }
}

TEST_CASE("connect: a query is not shown") {
  for (const char* line : {"CONNECT https://h.example/?token=SECRET HTTP/1.1\r\n",
                           "CONNECT user:SE?CRET@h.example:443 HTTP/1.1\r\n",
                           "CONNECT h.example:443?a@SECRET HTTP/1.1\r\n"}) {
    const ConnectFault fault = refused(line);
    CHECK(fault.kind == Kind::bad_request);
    CHECK(fault.detail == "a target with a query: CONNECT wants HOST:PORT alone");
  }
}

TEST_CASE("connect: hosts become canonical and the authority stays as sent") {
  const ConnectRequest upper = accepted(to("SSM.US-east-1.Amazonaws.com.:443"));
  CHECK(upper.host.text() == "ssm.us-east-1.amazonaws.com");
  CHECK(upper.authority == "SSM.US-east-1.Amazonaws.com.:443");
  CHECK(upper.http_1_0);
  CHECK(accepted(to("192.0.2.10:443")).host.is_address());
  CHECK(accepted(to("[2001:DB8::1]:8443")).host.text() == "2001:db8::1");
  CHECK(accepted(to("[2001:db8::1]:8443")).port == 8443);
  CHECK(accepted(to("[::ffff:192.0.2.1]:443")).host.text() == "192.0.2.1");
  CHECK(accepted(to("h_1.example:1")).port == 1);
  CHECK(accepted(to("h:65535")).port == 65535);
}

TEST_CASE("connect: Host says what the authority says") {
  const auto head = [](const std::string& authority, const std::string& host) {
    return "CONNECT " + authority + " HTTP/1.1\r\nHost:" + host + "\r\n\r\n";
  };
  for (const char* host : {" h.example:443", " H.EXAMPLE:443", " h.example.:443", "h.example:443",
                           " h.example", "\th.example:443 \t"}) {
    CAPTURE(host);
    CHECK(accepted(head("h.example:443", host)).host.text() == "h.example");
  }
  accepted(head("h.example.:443", " h.example:443"));
  accepted(head("[2001:db8::1]:443", " [2001:db8:0::1]:443"));
  for (const char* host :
       {" other.example:443", " h.example:8443", " h.example:", " h.example:0443", "", " ",
        " u@h.example:443", " h.example:443, h.example:443", " http://h.example:443", " h.example/",
        " h.example\xff:443"}) {
    CAPTURE(host);
    CHECK(refused(head("h.example:443", host)).kind == Kind::host_mismatch);
  }
  CHECK(refused(head("h.example:8443", " h.example")).kind == Kind::host_mismatch);
  CHECK(refused(with_fields("Host: h.example:443\r\n")).kind == Kind::host_mismatch);
  CHECK(refused(with_fields("hOST: other.example:443\r\n")).kind == Kind::host_mismatch);
  CHECK(refused("CONNECT h.example:443 HTTP/1.0\r\nHost: o.example:443\r\n\r\n").kind ==
        Kind::host_mismatch);
  CHECK(refused("CONNECT h.example:443 HTTP/1.1\r\n\r\n").kind == Kind::bad_request);
}

TEST_CASE("connect: a length in any spelling is a body") {
  for (const char* field :
       {"Content-Length: 0", "Content-Length: 5", "content-length: 5", "Transfer-Encoding: chunked",
        "Transfer-Encoding: identity", "Content_Length: 5", "Transfer.Encoding: x",
        "ContentLength:5", "Content-Length2: 5"}) {
    CAPTURE(field);
    CHECK(refused(with_fields(std::string(field) + "\r\n")).kind == Kind::has_body);
  }
}

TEST_CASE("connect: ambiguous framing") {
  for (const std::string& fields :
       {std::string("X: a\n"), std::string("X: a\rb\r\n"), std::string("X: a\r\n folded\r\n"),
        std::string("X: a\r\n\tfolded\r\n"), std::string(" X: a\r\n"), std::string("X : a\r\n"),
        std::string("X\t: a\r\n"), std::string(": a\r\n"), std::string("X\r\n"),
        std::string("X(: a\r\n"), std::string("X\xc3\xa9: a\r\n"), bytes("X: a\0b\r\n"),
        bytes("X\0: a\r\n"), std::string("X: \x1b[31m\r\n"), std::string("X: a\x7f\r\n"),
        std::string("X: a\x0b\r\n"), std::string("\n"), std::string("\rX"),
        std::string("Proxy-Authorization: Basic YQ==\r\nproxy-authorization: Basic YQ==\r\n")}) {
    CAPTURE(fields);
    CHECK(refused(with_fields(fields)).kind == Kind::bad_request);
  }
}

TEST_CASE("connect: the head has a limit and what follows is not its") {
  const std::string head = with_fields("");
  const auto padded = [&](std::size_t size) {
    const std::string field = "X: ";
    return with_fields(field + std::string(size - head.size() - field.size() - 2, 'a') + "\r\n");
  };
  const auto whole = parse_connect(padded(kMaxHead));
  REQUIRE(std::holds_alternative<ConnectRequest>(whole));
  CHECK(std::get<ConnectRequest>(whole).consumed == kMaxHead);
  const auto over = parse_connect(padded(kMaxHead + 1));
  REQUIRE(std::holds_alternative<ConnectFault>(over));
  CHECK(std::get<ConnectFault>(over).kind == Kind::head_too_large);
  CHECK(status_of(Kind::head_too_large) == 431);
  CHECK(status_of(Kind::has_body) == 400);
  CHECK(std::holds_alternative<NeedMore>(
      parse_connect(padded(kMaxHead + 1).substr(0, kMaxHead - 1))));

  CHECK(accepted(head + bytes("\x16\x03\x01\0\n\r")).consumed == head.size());
}

TEST_CASE("connect: every capture reads as its name says") {
  const std::vector<std::string> names = samples::captures(true);
  REQUIRE(names.size() >= 7);
  for (const std::string& name : names) {
    CAPTURE(name);
    const std::string head = samples::capture(name);
    const ConnectRequest request = accepted(head);
    CHECK(request.consumed == head.size());
    CHECK(request.port == 443);
    const bool channel = name == "connect-plugin";
    CHECK(request.host.text() ==
          std::string(channel ? "ssmmessages" : "ssm") + ".us-east-1.amazonaws.com");
    const bool old =
        name.find("python311") != std::string::npos || name == "connect-odd-trailing-dot";
    CHECK(request.http_1_0 == old);
    CHECK(request.proxy_authorization.has_value() == (name == "connect-python311-basic-auth"));
    if (request.proxy_authorization)
      CHECK(*request.proxy_authorization == "Basic dXNlcjpwYSBzcw==");
  }
}

}  // namespace
}  // namespace ssmgate::wire
