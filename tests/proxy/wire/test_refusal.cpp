#include <doctest/doctest.h>

#include <string>

#include "wire/refusal.hpp"

namespace ssmgate::wire {
namespace {

TEST_CASE("refusal: the whole response") {
  Refusal refusal;
  refusal.message = "ssmgate refused: \"x\"";
  refusal.request_id = "00010203-0405-4607-8809-0a0b0c0d0e0f";
  CHECK(render_refusal(refusal) ==
        "HTTP/1.1 400 Bad Request\r\n"
        "x-amzn-RequestId: 00010203-0405-4607-8809-0a0b0c0d0e0f\r\n"
        "Content-Type: application/x-amz-json-1.1\r\n"
        "Content-Length: 104\r\n"
        "\r\n"
        "{\"__type\":\"AccessDeniedException\",\"message\":\"ssmgate refused: \\\"x\\\"\","
        "\"Message\":\"ssmgate refused: \\\"x\\\"\"}");
}

TEST_CASE("refusal: status and close") {
  Refusal refusal;
  refusal.status = 407;
  refusal.type = "SsmgateUpstreamError";
  refusal.close = true;
  CHECK(render_refusal(refusal) ==
        "HTTP/1.1 407 Proxy Authentication Required\r\n"
        "x-amzn-RequestId: \r\n"
        "Content-Type: application/x-amz-json-1.1\r\n"
        "Content-Length: 59\r\n"
        "Proxy-Authenticate: Basic realm=\"ssmgate\", charset=\"UTF-8\"\r\n"
        "Connection: close\r\n"
        "\r\n"
        "{\"__type\":\"SsmgateUpstreamError\",\"message\":\"\",\"Message\":\"\"}");
  const auto line = [](int status) {
    const std::string out = render_refusal({.status = status, .message = "m", .request_id = "r"});
    return out.substr(0, out.find('\r'));
  };
  CHECK(line(403) == "HTTP/1.1 403 Forbidden");
  CHECK(line(431) == "HTTP/1.1 431 Request Header Fields Too Large");
  CHECK(line(502) == "HTTP/1.1 502 Bad Gateway");
  CHECK(line(503) == "HTTP/1.1 503 Service Unavailable");
}

TEST_CASE("refusal: nothing ends a line that does not mean to") {
  Refusal refusal;
  refusal.request_id = "a\r\nSet-Cookie: x";
  refusal.message = "a\r\nb";
  const std::string out = render_refusal(refusal);
  CHECK(out.find("x-amzn-RequestId: aSet-Cookie: x\r\n") != std::string::npos);
  CHECK(out.find("a\\u000d\\u000ab") != std::string::npos);
}

TEST_CASE("uuid: version 4") {
  const unsigned char low[16] = {};
  CHECK(render_uuid(low) == "00000000-0000-4000-8000-000000000000");
  unsigned char high[16];
  for (unsigned char& byte : high) byte = 0xff;
  CHECK(render_uuid(high) == "ffffffff-ffff-4fff-bfff-ffffffffffff");
  unsigned char count[16];
  for (unsigned char i = 0; i < 16; ++i) count[i] = i;
  CHECK(render_uuid(count) == "00010203-0405-4607-8809-0a0b0c0d0e0f");
}

TEST_CASE("connect: the answer") {
  CHECK(connect_established() == "HTTP/1.1 200 Connection established\r\n\r\n");
}

}  // namespace
}  // namespace ssmgate::wire
