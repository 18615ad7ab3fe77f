// What the admin listener takes for a request.
#include "admin/request_reader.hpp"

#include <doctest/doctest.h>

namespace ssmgate::admin {
namespace {

using State = RequestReader::State;

int fault_of(std::string_view text) {
  RequestReader reader;
  const State state = reader.consume(text);
  return state == State::failed ? reader.fault().status : 0;
}

}  // namespace

TEST_CASE("a request comes in pieces of any size") {
  const std::string text =
      "POST /v1/reload?x=1&y HTTP/1.1\r\nHost: localhost:8878\r\nAuthorization: Bearer abc\r\n"
      "Origin: http://localhost:8878\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\n"
      "Content-Length: 4\r\n\r\nbody";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    CAPTURE(size);
    RequestReader reader;
    State state = State::need_more;
    for (std::size_t at = 0; at < text.size(); at += size) {
      REQUIRE(state == State::need_more);
      state = reader.consume(std::string_view(text).substr(at, size));
    }
    REQUIRE(state == State::done);
    const Request request = reader.take();
    CHECK(request.method == "POST");
    CHECK(request.path == "/v1/reload");
    CHECK(request.query == "x=1&y");
    CHECK(request.host == "localhost:8878");
    CHECK(request.authorization == "Bearer abc");
    CHECK(request.origin == "http://localhost:8878");
    CHECK(request.fetch_site == "same-origin");
    CHECK(request.fetch_mode == "cors");
    CHECK(request.body == "body");
  }
}

TEST_CASE("what two readers could read differently is refused") {
  CHECK(fault_of("GET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(fault_of("GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n") == 400);
  CHECK(fault_of("GET / HTTP/1.1\r\nHost: a\r\nOrigin: b\r\nOrigin: c\r\n\r\n") == 400);
  CHECK(fault_of("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: b\r\nAuthorization: c\r\n\r\n") ==
        400);
  CHECK(fault_of("GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n") == 400);
  CHECK(fault_of("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n") == 400);
  CHECK(fault_of("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n") == 505);
  CHECK(fault_of("\x16\x03\x01 TLS") == 400);
}

TEST_CASE("heads and bodies have limits") {
  CHECK(fault_of("GET / HTTP/1.1\r\nX: " + std::string(kMaxAdminHead, 'x')) == 431);
  CHECK(fault_of("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n") == 413);
  RequestReader chunks;
  State state = chunks.consume("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 100 && state == State::need_more; ++i) {
    state = chunks.consume("400\r\n" + std::string(1024, 'x') + "\r\n");
  }
  REQUIRE(state == State::failed);
  CHECK(chunks.fault().status == 413);
}

}  // namespace ssmgate::admin
