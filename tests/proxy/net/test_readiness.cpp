// Waiting until a stream has something to read: one wait for all who ask, in turn.
#include <doctest/doctest.h>

#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "net/turn.hpp"
#include "proxy/net/loop.hpp"

using namespace ssmgate;
using namespace ssmgate::test;
using net::error_code;
using net::StreamPtr;

namespace {

struct Plain {
  asio::io_context io;
  Ends ends = connect_ends(io);
  int descriptor = ends.socket().native_handle();
  StreamPtr ours = std::move(ends.ours);

  ~Plain() { ::close(ends.theirs); }
  void send(std::string_view text) {
    REQUIRE(::send(ends.theirs, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
    wait_readable(descriptor);
  }
  std::string read_now() {
    std::string text(100, '\0');
    text.resize(ours->read_now(asio::buffer(text)).size);
    return text;
  }
};

asio::awaitable<unsigned> work_without_waiting(bool& over) {
  net::Turn turn;
  unsigned steps = 0;
  for (; steps < 10 * net::Turn::kSteps; ++steps) {
    if (turn.is_over()) co_await turn.yield();
  }
  over = true;
  co_return steps;
}

asio::awaitable<int> wait_with(StreamPtr stream) {
  const error_code error = co_await stream->readable();
  co_return error ? 1 : 0;
}

}  // namespace

TEST_CASE("who looks is told once, and not when its wait was cancelled") {
  Plain plain;
  int told = 0;
  plain.ours->when_readable([&told](const error_code& error) { told += error ? 100 : 1; });
  settle(plain.io);
  CHECK(told == 0);
  plain.send("a");
  settle(plain.io);
  CHECK(told == 1);
  plain.send("b");
  settle(plain.io);
  CHECK(told == 1);
  CHECK(plain.read_now() == "ab");
  plain.ours->when_readable([&told](const error_code&) { ++told; });
  plain.ours->cancel_wait();
  plain.send("c");
  settle(plain.io);
  CHECK(told == 1);
}

TEST_CASE("who reads takes over the wait of who looked") {
  Plain plain;
  plain.ours->when_readable([](const error_code&) { FAIL("cancelled"); });
  plain.ours->cancel_wait();
  const auto waiting = start(plain.io, plain.ours->readable());
  settle(plain.io);
  CHECK_FALSE(waiting->has_value());
  plain.send("a");
  run_until(plain.io, [&waiting] { return waiting->has_value(); });
  CHECK_FALSE(**waiting);
  CHECK(plain.read_now() == "a");
}

TEST_CASE("what came while nobody waited is not missed, and told once") {
  Plain plain;
  plain.ours->when_readable([](const error_code&) { FAIL("cancelled"); });
  plain.ours->cancel_wait();
  plain.send("a");
  settle(plain.io);
  CHECK_FALSE(run(plain.io, plain.ours->readable()));
  CHECK(plain.read_now() == "a");
  const auto waiting = start(plain.io, plain.ours->readable());
  settle(plain.io);
  CHECK_FALSE(waiting->has_value());
  plain.send("b");
  run_until(plain.io, [&waiting] { return waiting->has_value(); });
}

TEST_CASE("what was there before a wait began ends it at once") {
  Plain plain;
  plain.send("a");
  settle(plain.io);
  CHECK_FALSE(run(plain.io, plain.ours->readable()));
}

TEST_CASE("an end and a closing are told to who waits") {
  Plain ended;
  const auto end = start(ended.io, ended.ours->readable());
  settle(ended.io);
  ::shutdown(ended.ends.theirs, SHUT_WR);
  run_until(ended.io, [&end] { return end->has_value(); });
  CHECK_FALSE(**end);

  Plain closed;
  const auto waiting = start(closed.io, closed.ours->readable());
  settle(closed.io);
  closed.ours->close();
  run_until(closed.io, [&waiting] { return waiting->has_value(); });
  CHECK(**waiting == asio::error::operation_aborted);
}

TEST_CASE("who waits for its own stream goes with the event loop") {
  const std::size_t before = open_descriptors();
  {
    auto io = std::make_unique<asio::io_context>();
    Ends ends = connect_ends(*io);
    const auto waiting = start(*io, wait_with(std::move(ends.ours)));
    settle(*io);
    io.reset();
    CHECK_FALSE(waiting->has_value());
    ::close(ends.theirs);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("a stream that is watched is quiet until something comes or it ends") {
  for (const bool data : {true, false}) {
    CAPTURE(data);
    Plain plain;
    CHECK_FALSE(plain.ours->has_been_silent());
    plain.ours->keep_watch();
    settle(plain.io);
    CHECK(plain.ours->has_been_silent());
    CHECK(plain.ours->is_quiet());
    if (data) ::send(plain.ends.theirs, "a", 1, 0);
    if (!data) ::shutdown(plain.ends.theirs, SHUT_WR);
    wait_readable(plain.descriptor);
    settle(plain.io);
    CHECK_FALSE(plain.ours->has_been_silent());
    CHECK_FALSE(plain.ours->is_quiet());
  }
}

TEST_CASE("the next wait on a stream that was watched is told") {
  Plain plain;
  plain.ours->keep_watch();
  settle(plain.io);
  const auto waiting = start(plain.io, plain.ours->readable());
  settle(plain.io);
  CHECK_FALSE(waiting->has_value());
  plain.send("a");
  run_until(plain.io, [&waiting] { return waiting->has_value(); });
  plain.ours->close();
  CHECK_FALSE(plain.ours->is_quiet());
}

TEST_CASE("what cannot be written now can be when the peer has read") {
  Plain plain;
  const std::string much(1 << 20, 'x');
  net::Transfer sent;
  std::size_t total = 0;
  while (!sent.error) {
    sent = plain.ours->write_now(asio::buffer(much));
    total += sent.size;
  }
  CHECK(sent.error == asio::error::would_block);
  const auto waiting = start(plain.io, plain.ours->writable());
  settle(plain.io);
  CHECK_FALSE(waiting->has_value());
  std::string got(total, '\0');
  REQUIRE(::recv(plain.ends.theirs, got.data(), got.size(), MSG_WAITALL) ==
          static_cast<ssize_t>(total));
  run_until(plain.io, [&waiting] { return waiting->has_value(); });
  CHECK_FALSE(**waiting);
  CHECK(plain.ours->write_now(asio::buffer("y", 1)).size == 1);
}

TEST_CASE("a loop that never waits lets others have their turn") {
  asio::io_context io;
  unsigned others = 0;
  bool over = false;
  const std::function<void()> other = [&] {
    ++others;
    if (!over) asio::post(io, other);
  };
  asio::post(io, other);
  const auto task = start(io, work_without_waiting(over));
  run_until(io, [&task] { return task->has_value(); });
  CHECK(others >= 10);
  CHECK(others < 30);
}
