#include <doctest/doctest.h>

#include "proxy/wire/beast_reader.hpp"
#include "proxy/wire/samples.hpp"
#include "wire/request_head.hpp"

namespace ssmgate::wire {
namespace {

using samples::bytes;

HeadParse parse(const std::string& input) {
  return samples::parse_every_way(
      input,
      [](std::string_view text, HeadScan* scan) {
        return scan ? parse_request_head(text, *scan) : parse_request_head(text);
      },
      [](const HeadParse& a, const HeadParse& b) {
        if (a.index() != b.index()) return false;
        if (const auto* fault = std::get_if<FramingFault>(&a)) {
          const auto& other = std::get<FramingFault>(b);
          return fault->status == other.status && fault->detail == other.detail;
        }
        if (const auto* head = std::get_if<RequestHead>(&a)) {
          const auto& other = std::get<RequestHead>(b);
          return head->size == other.size && head->fields.size() == other.fields.size() &&
                 head->content_length == other.content_length && head->upgrade == other.upgrade;
        }
        return true;
      },
      [](const HeadParse& parse) { return std::holds_alternative<NeedMore>(parse); });
}

// The views in the result are into `input`.
RequestHead accepted(const std::string& input) {
  const HeadParse every_way = parse(input);
  if (const auto* fault = std::get_if<FramingFault>(&every_way)) {
    FAIL("refused: " << fault->detail << " in " << input);
  }
  const HeadParse result = parse_request_head(input);
  REQUIRE(std::holds_alternative<RequestHead>(result));
  const RequestHead& head = std::get<RequestHead>(result);
  CHECK(beast_disagrees(head, input) == "");
  return head;
}

FramingFault refused(const std::string& input) {
  const HeadParse result = parse(input);
  REQUIRE_MESSAGE(std::holds_alternative<FramingFault>(result), "not refused: " << input);
  const FramingFault& fault = std::get<FramingFault>(result);
  CHECK_FALSE(fault.detail.empty());
  CHECK(fault.detail.size() < 300);
  CHECK(std::all_of(fault.detail.begin(), fault.detail.end(),
                    [](char c) { return c >= 0x20 && c <= 0x7e; }));
  return fault;
}

std::string post(const std::string& fields) {
  return "POST / HTTP/1.1\r\nHost: h.example\r\n" + fields + "\r\n";
}

std::string rendered(const RequestHead& head) {
  std::string out;
  render_upstream_head(head, out);
  return out;
}

TEST_CASE("request head: lengths that two readers could take differently") {
  for (const char* fields : {
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
           "Transfer-Encoding: chunked\r\n",
           "Transfer-Encoding: identity\r\n",
           "Transfer-Encoding: xchunked\r\n",
           "Transfer-Encoding:\r\n",
           "transfer-encoding: gzip, chunked\r\n",
           "Transfer_Encoding: chunked\r\n",
           "TransferEncoding: chunked\r\n",
           "Transfer-Encoding1: chunked\r\n",
           "Content-Length: 5\r\nContent-Length: 5\r\n",
           "Content-Length: 5\r\ncontent-length: 6\r\n",
           "Content-Length: 5, 5\r\n",
           "Content-Length: 5,\r\n",
           "Content-Length: \r\n",
           "Content-Length: +5\r\n",
           "Content-Length: -5\r\n",
           "Content-Length: 0x5\r\n",
           "Content-Length: 5 5\r\n",
           "Content-Length: 5;\r\n",
           "Content-Length: 5.0\r\n",
           "Content-Length: five\r\n",
           "Content-Length: \"5\"\r\n",
           "Content-Length: \xd9\xa5\r\n",
           "Content-Length: 12345678901\r\n",
           "Content-Length: 00000000005\r\n",
           "Content_Length: 5\r\n",
           "ContentLength: 5\r\n",
           "Content.Length: 5\r\n",
           "Content-Length-: 5\r\n",
           "CONTENT-LENGTH1: 5\r\n",
           "C-o-n-t-e-n-t-Length: 5\r\n",
       }) {
    CAPTURE(fields);
    CHECK(refused(post(fields)).status == 400);
  }
}

TEST_CASE("request head: bytes that two readers could take differently") {
  for (const std::string& input : {
           post("X: a\n"),
           post("X: a\r\n folded\r\n"),
           post("X: a\r\n\tfolded\r\n"),
           post("X: a\rb\r\n"),
           post("X: a\r\r\n"),
           post("X : a\r\n"),
           post("X\t: a\r\n"),
           post(": a\r\n"),
           post("X\r\n"),
           post("X Y: a\r\n"),
           post("X\"Y: a\r\n"),
           post("X\x80: a\r\n"),
           post("X@: a\r\n"),
           post(bytes("X: a\0b\r\n")),
           post(bytes("X\0: a\r\n")),
           post("X: \x01\r\n"),
           post("X: \x0c\r\n"),
           post("X: \x7f\r\n"),
           post("X: \x1b\r\n"),
           std::string("POST / HTTP/1.1\nHost: h\r\n\r\n"),
           std::string("POST / HTTP/1.1\r\n Host: h\r\n\r\n"),
           std::string("POST / HTTP/1.1\r\nHost: h\r\n\n"),
           std::string("\r\nPOST / HTTP/1.1\r\nHost: h\r\n\r\n"),
           std::string("\nPOST / HTTP/1.1\r\n"),
           std::string(" POST / HTTP/1.1\r\n"),
           std::string("POST  / HTTP/1.1\r\n"),
           std::string("POST /  HTTP/1.1\r\n"),
           std::string("POST / HTTP/1.1 \r\n"),
           std::string("POST\t/ HTTP/1.1\r\n"),
           std::string("POST /a b HTTP/1.1\r\n"),
           std::string("POST /\x80 HTTP/1.1\r\n"),
           bytes("POST /\0 HTTP/1.1\r\n"),
           std::string("P(ST / HTTP/1.1\r\n"),
           std::string("POST /\r\n"),
           std::string("\x16\x03\x01"),
           bytes("\0"),
       }) {
    CAPTURE(input);
    CHECK(refused(input).status == 400);
  }
}

TEST_CASE("request head: any byte at any place of a value") {
  for (int byte = 0; byte < 256; ++byte) {
    const bool good = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    for (std::size_t at = 1; at < 19; ++at) {
      std::string value(20, 'v');
      value[at] = static_cast<char>(byte);
      CAPTURE(value);
      if (good) CHECK(accepted(post("X: " + value + "\r\n")).fields.back().value == value);
      if (!good) CHECK(refused(post("X: " + value + "\r\n")).status == 400);
    }
  }
}

TEST_CASE("request head: no version but 1.1") {
  for (const char* line :
       {"POST / HTTP/1.0\r\n", "POST / HTTP/1.2\r\n", "POST / HTTP/2.0\r\n", "POST / HTTP/0.9\r\n",
        "POST / HTTP/1.10\r\n", "POST / HTTP/1,1\r\n", "POST / http/1.1\r\n", "POST / HTTP/11\r\n",
        "POST / HTTP/01.1\r\n", "POST / HTTPS/1.1\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}) {
    CAPTURE(line);
    CHECK(refused(line).status == 400);
  }
}

TEST_CASE("request head: over the limit is 431 and at the limit is sound") {
  const std::string empty = post("X: \r\n");
  const auto padded = [&](std::size_t size) {
    return post("X: " + std::string(size - empty.size(), 'a') + "\r\n");
  };
  const std::string at = padded(kMaxHead);
  const auto whole = parse_request_head(at);
  REQUIRE(std::holds_alternative<RequestHead>(whole));
  CHECK(std::get<RequestHead>(whole).size == kMaxHead);
  const auto over = parse_request_head(padded(kMaxHead + 1));
  REQUIRE(std::holds_alternative<FramingFault>(over));
  CHECK(std::get<FramingFault>(over).status == 431);
  // What is wrong before the limit is said first, as it would be byte by byte.
  const auto early = parse_request_head("POST / HTTP/1.1\r\nX : " + std::string(kMaxHead, 'a'));
  CHECK(std::get<FramingFault>(early).status == 400);
}

TEST_CASE("request head: Expect is 100-continue or nothing") {
  CHECK(accepted(post("Content-Length: 2\r\nExpect: 100-Continue\r\n")).expect_continue);
  CHECK_FALSE(accepted(post("Expect: 100-continue\r\n")).expect_continue);
  CHECK_FALSE(accepted(post("Content-Length: 2\r\n")).expect_continue);
  CHECK(refused(post("Expect: 200-ok\r\n")).status == 400);
  CHECK(refused(post("Expect:\r\n")).status == 400);
}

TEST_CASE("request head: Connection") {
  struct Case {
    const char* fields;
    bool keep_alive;
    bool upgrade;
  };
  for (const Case& c : {
           Case{"", true, false},
           Case{"Connection: keep-alive\r\n", true, false},
           Case{"Connection: CLOSE\r\n", false, false},
           Case{"Connection: keep-alive, close\r\n", false, false},
           Case{"Connection: keep-alive\r\nconnection: close\r\n", false, false},
           Case{"Connection: , ,close,\t\r\n", false, false},
           Case{"Connection: te, trailer, proxy-connection, Keep-Alive\r\n", true, false},
           Case{"Connection: upgrade\r\n", true, true},
           Case{"Upgrade: h2c\r\n", true, true},
           Case{"Connection: Upgrade, HTTP2-Settings\r\n", true, true},
           Case{"Connection: Host\r\n", true, true},
           Case{"Connection: close, Authorization\r\n", false, true},
           Case{"Connection: X-Amz-Target\r\n", true, true},
           Case{"Connection: Content-Length\r\n", true, true},
           Case{"Connection: close;x\r\n", true, true},
           Case{"Connection: \"close\"\r\n", true, true},
           Case{"Connection: proxy-a b:c\r\n", true, true},
       }) {
    CAPTURE(c.fields);
    const std::string input = post(c.fields);
    const HeadParse result = parse(input);
    REQUIRE(std::holds_alternative<RequestHead>(result));
    CHECK(std::get<RequestHead>(result).keep_alive == c.keep_alive);
    CHECK(std::get<RequestHead>(result).upgrade == c.upgrade);
  }
}

TEST_CASE("request head: values are trimmed and kept in order") {
  const std::string input =
      post("A:1\r\nB: \t 2 \t\r\nA: x\ty \xc3\xa9\r\nContent-Length: 0007\r\nC:\r\n") + "body";
  const RequestHead head = accepted(input);
  CHECK(head.method == "POST");
  CHECK(head.target == "/");
  CHECK(head.size == input.size() - 4);
  CHECK(head.content_length == 7);
  REQUIRE(head.fields.size() == 6);
  REQUIRE(head.lines.size() == 6);
  CHECK(head.fields[1].name == "A");
  CHECK(head.fields[1].value == "1");
  CHECK(head.fields[2].value == "2");
  CHECK(head.lines[2] == "B: \t 2 \t\r\n");
  CHECK(head.fields[3].value == "x\ty \xc3\xa9");
  CHECK(head.fields[5].value == "");
  CHECK(accepted("GET /?q#f HTTP/1.1\r\n\r\n").fields.empty());
  CHECK(accepted(post("Content-Length: 9999999999\r\n")).content_length == 9999999999);
  // Two of them are sound framing: the decision refuses them.
  CHECK(accepted(post("Host: other.example\r\n")).fields.size() == 2);
}

TEST_CASE("request head: only hop-by-hop fields and what was answered stay behind") {
  const std::string input =
      "POST /p?q HTTP/1.1\r\nhOST:  h.example \r\nConnection: close, TE\r\nX-Amz-Target:a\t b  \r\n"
      "Proxy-Authorization: Basic eA==\r\nproxy-foo: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
      "Trailer: X\r\nupgrade: h2c\r\nProxy: kept\r\nTEa: kept\r\nExpect: 100-continue\r\n"
      "Content-Length: 2\r\n\r\n";
  CHECK(rendered(accepted(input)) ==
        "POST /p?q HTTP/1.1\r\nhOST:  h.example \r\nX-Amz-Target:a\t b  \r\nProxy: kept\r\n"
        "TEa: kept\r\nContent-Length: 2\r\n\r\n");
  std::string out = "before";
  render_upstream_head(accepted(input), out);
  CHECK(out.starts_with("beforePOST "));
}

TEST_CASE("request head: every capture passes through byte for byte") {
  const std::vector<std::string> names = samples::captures(false);
  REQUIRE(names.size() >= 25);
  for (const std::string& name : names) {
    CAPTURE(name);
    const std::string input = samples::capture(name);
    const RequestHead head = accepted(input);
    CHECK(head.content_length == input.size() - head.size);
    CHECK(head.upgrade == (name == "plugin-data-channel-upgrade"));
    std::string expected = input.substr(0, head.size);
    for (const char* field :
         {"Connection: keep-alive\r\n", "Connection: Upgrade\r\n", "Upgrade: websocket\r\n"}) {
      const std::size_t at = expected.find(std::string("\r\n") + field);
      if (at != std::string::npos) expected.erase(at + 2, std::string_view(field).size());
    }
    CHECK(rendered(head) == expected);
  }
}

}  // namespace
}  // namespace ssmgate::wire
