// What a parent proxy answers to CONNECT, and what is asked of it.
#include <doctest/doctest.h>

#include <string>

#include "wire/connect_answer.hpp"

using namespace ssmgate::wire;

namespace {

// "NNN+REST", "more", or the fault's detail.
std::string parse(std::string_view bytes) {
  const auto answer = parse_connect_answer(bytes);
  if (std::holds_alternative<NeedMore>(answer)) return "more";
  if (const auto* fault = std::get_if<ConnectAnswerFault>(&answer)) return fault->detail;
  const auto& [status, size] = std::get<ConnectAnswer>(answer);
  return std::to_string(status) + "+" + std::string(bytes.substr(size));
}

}  // namespace

TEST_CASE("an answer ends where its head ends") {
  CHECK(parse("HTTP/1.1 200 OK\r\n\r\n") == "200+");
  CHECK(parse("HTTP/1.0 200\r\n\r\nSSH-2.0") == "200+SSH-2.0");
  CHECK(parse("HTTP/1.1 200 Connection established\r\nContent-Length: 5\r\n\r\nhello") ==
        "200+hello");
  CHECK(parse("HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\n\r\n<html>") == "407+<html>");
  CHECK(parse("HTTP/1.1 200 OK\nVia: x\n\nrest") == "200+rest");
  CHECK(parse("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 299 Fine\r\n\r\nx") == "299+x");
}

TEST_CASE("every prefix of an answer wants more") {
  const std::string whole =
      "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nVia: 1.1 p\r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(parse(std::string_view(whole).substr(0, size)) == "more");
  }
  CHECK(parse(whole) == "200+");
}

TEST_CASE("what is no answer is told at once") {
  for (const char* bytes : {"SSH-2.0-x\r\n", "\x15\x03\x01", "HTTP/2 200\r\n",
                            "http/1.1 200 OK\r\n\r\n", "\r\nHTTP/1.1 200 OK\r\n\r\n"}) {
    CHECK(parse(bytes) == "it does not answer in HTTP/1");
  }
  for (const char* bytes :
       {"HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.x 200 OK\r\n\r\n", "HTTP/1.1 101 Switching\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n",
        "HTTP/1.1 600 x\r\n\r\n", "HTTP/1.1 +20 x\r\n\r\n", "HTTP/1.1\r\n\r\n"}) {
    CAPTURE(bytes);
    CHECK(parse(bytes) == "its answer to CONNECT cannot be read");
  }
}

TEST_CASE("an endless answer is cut off") {
  const std::string endless = "HTTP/1.1 200 OK\r\nX: " + std::string(kMaxConnectAnswer, 'x');
  CHECK(parse(endless) == "its answer to CONNECT is over 16 KiB");
  std::string interim;
  while (interim.size() <= kMaxConnectAnswer) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  CHECK(parse(interim) == "its answer to CONNECT is over 16 KiB");
}

TEST_CASE("what is asked of the proxy") {
  CHECK(render_connect("a.example:443", "") ==
        "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n");
  CHECK(render_connect("[::1]:1", "Basic eDp5") ==
        "CONNECT [::1]:1 HTTP/1.1\r\nHost: [::1]:1\r\nProxy-Authorization: Basic eDp5\r\n\r\n");
}

// SOURCE: RFC 7617 §2, and RFC 4648 §10 for the padding.
TEST_CASE("Basic credentials") {
  CHECK(render_basic("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  CHECK(render_basic("test", "123\xc2\xa3") == "Basic dGVzdDoxMjPCow==");
  CHECK(render_basic("", "") == "Basic Og==");
  CHECK(render_basic("f", "o") == "Basic Zjpv");
}
