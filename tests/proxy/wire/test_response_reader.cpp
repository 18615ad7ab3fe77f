#include <doctest/doctest.h>

#include "proxy/wire/samples.hpp"
#include "wire/response_reader.hpp"

namespace ssmgate::wire {
namespace {

using State = ResponseReader::State;

struct Read {
  State state = State::head;
  std::size_t taken = 0;
  int status = 0;
  bool keep_alive = false;
  std::string request_id;
  std::string content_encoding;
  std::string body;
  bool operator==(const Read&) const = default;
};

// Feeds `input` in pieces of `size`, stopping when bytes are left over.
Read feed(ResponseReader& reader, const std::string& input, std::size_t size, bool end) {
  Read read;
  reader.keep_body(64);
  while (read.taken < input.size()) {
    const std::string piece = input.substr(read.taken, size);
    const std::size_t taken = reader.consume(piece);
    CHECK(taken <= piece.size());
    read.taken += taken;
    if (taken < piece.size()) break;
  }
  if (end) reader.consume_end();
  read.state = reader.state();
  read.status = reader.status();
  read.keep_alive = reader.keep_alive();
  read.request_id = reader.request_id();
  read.content_encoding = reader.content_encoding();
  read.body = reader.body();
  // After the end nothing is taken.
  if (read.state == State::done || read.state == State::failed) CHECK(reader.consume("x") == 0);
  CHECK(reader.failure().empty() == (read.state != State::failed));
  // How much of a failed response was taken is nobody's business.
  if (read.state == State::failed) read.taken = 0;
  return read;
}

Read read(const std::string& input, bool end = false) {
  ResponseReader reader;
  const Read whole = feed(reader, input, input.size() + 1, end);
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}}) {
    CAPTURE(size);
    ResponseReader fresh;
    CHECK(feed(fresh, input, size, end) == whole);
    reader.reset();
    CHECK(feed(reader, input, size, end) == whole);
  }
  return whole;
}

std::string response(const std::string& fields, const std::string& body = "") {
  return "HTTP/1.1 200 OK\r\n" + fields + "\r\n" + body;
}

TEST_CASE("response: a length") {
  const std::string input = response(
      "x-amzn-RequestId: 1234-ab\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\n", "hello");
  const Read all = read(input);
  CHECK(all.state == State::done);
  CHECK(all.taken == input.size());
  CHECK(all.status == 200);
  CHECK(all.keep_alive);
  CHECK(all.request_id == "1234-ab");
  CHECK(all.content_encoding == "gzip");
  CHECK(read(input + "HTTP/1.1 200 OK\r\n").taken == input.size());
  CHECK(read(input.substr(0, input.size() - 1)).state == State::body);
  CHECK(read(input.substr(0, 20)).state == State::head);
  CHECK(read(input.substr(0, 20)).status == 0);
  CHECK(read(response("Content-Length: 0\r\n")).state == State::done);
  CHECK(read(response("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")).state == State::done);
}

TEST_CASE("response: chunks and trailers") {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  for (const char* body :
       {"0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n", "00005;a=b\r\nhello\r\n0\r\n\r\n",
        "1\r\na\r\n1\r\nb\r\nA\r\n0123456789\r\n000\r\n\r\n",
        "5\r\nhello\r\n0\r\nTrailer: x\r\nX-Amzn-RequestId: no\r\n\r\n"}) {
    CAPTURE(body);
    const std::string input = response(chunked, body);
    const Read all = read(input);
    CHECK(all.state == State::done);
    CHECK(all.taken == input.size());
    CHECK(all.keep_alive);
    CHECK(all.request_id.empty());
    CHECK(read(input + "x").taken == input.size());
    CHECK(read(input.substr(0, input.size() - 1)).state == State::body);
    CHECK(read(input.substr(0, input.size() - 1), true).state == State::failed);
  }
}

TEST_CASE("response: bad chunks") {
  for (const char* body : {"x\r\nhello\r\n0\r\n\r\n", "5\nhello\r\n0\r\n\r\n",
                           "5\r\nhelloX\r\n0\r\n\r\n", "\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n",
                           "0x5\r\nhello\r\n0\r\n\r\n", "11111111111111111\r\nhello",
                           "5 \x01\r\nhello\r\n0\r\n\r\n", "0\r\nContent-Length: 5\r\n\r\n",
                           "0\r\nTransfer-Encoding: chunked\r\n\r\n", "0\r\nBad Name: x\r\n\r\n"}) {
    CAPTURE(body);
    CHECK(read(response("Transfer-Encoding: chunked\r\n", body)).state == State::failed);
  }
  // A fault in the last bytes shows with the fifth of them, however they come.
  CHECK(read(response("Transfer-Encoding: chunked\r\n", "5\r\nhellon\n\r\n")).state == State::body);
  CHECK(read(response("Transfer-Encoding: chunked\r\n", "5\r\nhellon\n\r\n5")).state ==
        State::failed);

  ResponseReader reader;
  (void)reader.consume(response("Transfer-Encoding: chunked\r\n"));
  (void)reader.consume("5;" + std::string(70000, 'a'));
  CHECK(reader.state() == State::failed);
}

TEST_CASE("response: statuses without a body") {
  for (const char* line : {"HTTP/1.1 204 No Content\r\n", "HTTP/1.1 304 Not Modified\r\n"}) {
    const std::string input = std::string(line) + "Content-Length: 5\r\n\r\n";
    CHECK(read(input).state == State::done);
    CHECK(read(input + "hello").taken == input.size());
  }
}

TEST_CASE("response: the upstream's close ends what has no length") {
  const std::string open = response("X: y\r\n", "anything at all");
  CHECK(read(open).state == State::body);
  CHECK_FALSE(read(open).keep_alive);
  CHECK(read(open, true).state == State::done);
  CHECK(read(open, true).taken == open.size());
  CHECK(read(response("X: y\r\n"), true).state == State::done);
  CHECK(read(response("Content-Length: 5\r\n", "hell"), true).state == State::failed);
  CHECK(read("HTTP/1.1 200 OK\r\nX", true).state == State::failed);
  CHECK(read("", true).state == State::failed);
}

TEST_CASE("response: interim ones are part of it") {
  const std::string final = response("Content-Length: 2\r\n", "ok");
  const std::string input =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n"
      "x-amzn-RequestId: interim\r\n\r\n" +
      final;
  const Read all = read(input);
  CHECK(all.state == State::done);
  CHECK(all.status == 200);
  CHECK(all.taken == input.size());
  CHECK(all.request_id.empty());
  CHECK(read("HTTP/1.1 100 Continue\r\n\r\n").state == State::head);
  CHECK(read("HTTP/1.1 100 Continue\r\n\r\n").status == 0);
  CHECK(read("HTTP/1.1 100 Continue\r\n\r\n", true).state == State::failed);
  CHECK(read("HTTP/1.1 101 Switching Protocols\r\n\r\n").state == State::failed);
  std::string many;
  for (int i = 0; i < 17; ++i) many += "HTTP/1.1 100 Continue\r\n\r\n";
  CHECK(read(many + final).state == State::failed);
}

TEST_CASE("response: when the connection may carry another") {
  CHECK_FALSE(read(response("Connection: close\r\nContent-Length: 0\r\n")).keep_alive);
  CHECK(read(response("Connection: keep-alive\r\nContent-Length: 0\r\n")).keep_alive);
  CHECK_FALSE(
      read("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n").keep_alive);
  CHECK(read("HTTP/1.1 400 \r\nContent-Length: 0\r\n\r\n").status == 400);
}

TEST_CASE("response: heads that two readers could take differently") {
  for (const char* fields :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n", "Content-Length:\r\n", "Content-Length: 99999999999999999999\r\n",
        "Content_Length: 5\r\n", "Transfer_Encoding: chunked\r\n",
        "Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "X: a\r\n folded\r\n",
        "X: a\n", "X : a\r\n", "X: a\rb\r\n", "X: \x01\r\n", "No colon\r\n"}) {
    CAPTURE(fields);
    CHECK(read(response(fields, "hello")).state == State::failed);
  }
  CHECK(read("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").state == State::failed);
  for (const char* line :
       {"HTTP/2 200 OK\r\n", "HTTP/1.1 20 OK\r\n", "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 099 OK\r\n",
        "HTTP/1.1 600 OK\r\n", "HTTP/1.1  200 OK\r\n", "ICY 200 OK\r\n", "\r\nHTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\n", "HTTP/1.1 200 O\x01K\r\n"}) {
    CAPTURE(line);
    CHECK(read(std::string(line) + "Content-Length: 0\r\n\r\n").state == State::failed);
  }
  ResponseReader reader;
  (void)reader.consume(response("X: " + std::string(kMaxHead, 'a') + "\r\n"));
  CHECK(reader.state() == State::failed);
}

TEST_CASE("response: what is kept is printable and short") {
  const Read all =
      read(response("x-amzn-requestid: a\xff"
                    "b\r\nContent-Encoding: gzip\r\n"
                    "content-encoding: br\r\nContent-Length: 0\r\n"));
  CHECK(all.request_id == "a\\ufffdb");
  CHECK(all.content_encoding == "gzip, br");
  CHECK(read(response("x-amzn-requestid: " + std::string(5000, 'a') + "\r\nContent-Length: 0\r\n"))
            .request_id.size() == 256);
}

TEST_CASE("response: the body is kept without its chunks while it fits") {
  const std::string chunks = "5\r\n{\"a\":\r\n1;x=y\r\n1\r\n1\r\n}\r\n0\r\nx-t: 1\r\n\r\n";
  const std::string chunked = response("Transfer-Encoding: chunked\r\n", chunks);
  CHECK(read(chunked).body == "{\"a\":1}");
  CHECK(read("HTTP/1.1 100 Continue\r\n\r\n" + chunked).body == "{\"a\":1}");
  CHECK(read(response("Content-Length: 3\r\n", "abc")).body == "abc");
  CHECK(read(response("", "to the end"), true).body == "to the end");
  CHECK(read(response("Content-Length: 64\r\n", std::string(64, 'x'))).body.size() == 64);
  CHECK(read(response("Content-Length: 65\r\n", std::string(65, 'x'))).body.empty());
  ResponseReader reader;
  CHECK(reader.consume(response("Content-Length: 3\r\n", "abc")) > 0);
  CHECK(reader.body().empty());
}

TEST_CASE("response: a large body in large pieces") {
  ResponseReader reader;
  const std::string head = response("Content-Length: 10000000000\r\n");
  CHECK(reader.consume(head) == head.size());
  const std::string piece(1 << 20, 'b');
  for (int i = 0; i < 8; ++i) CHECK(reader.consume(piece) == piece.size());
  CHECK(reader.state() == State::body);
}

}  // namespace
}  // namespace ssmgate::wire
