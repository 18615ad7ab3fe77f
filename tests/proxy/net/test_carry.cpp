// Tunnels between real sockets: every byte, each side's end, each side's reset, and what is
// borrowed.
#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <thread>

#include "net/carry.hpp"
#include "net/one_way.hpp"
#include "net/splice.hpp"
#include "proxy/net/loop.hpp"

using namespace ssmgate;
using namespace ssmgate::test;
using net::Carriage;
using net::Carried;
using net::Gate;
using net::OneWay;
using net::PipePool;
using net::Side;
using Step = OneWay::Step;

namespace {

// A tunnel between two peers that block, by splice or by copy.
struct Tunnel {
  asio::io_context io;
  PipePool pipes;
  Ends client = connect_ends(io);
  Ends upstream = connect_ends(io);
  std::optional<Carried> end;

  Tunnel() { std::signal(SIGPIPE, SIG_IGN); }
  ~Tunnel() {
    hang_up(client.theirs);
    hang_up(upstream.theirs);
  }
  static void hang_up(int& descriptor) {
    if (descriptor >= 0) ::close(descriptor);
    descriptor = -1;
  }

  void open(bool by_copy, Carriage carriage = {}) {
    carriage.client = std::move(client.ours);
    carriage.upstream = std::move(upstream.ours);
    const auto on_end = [this](const Carried& carried) { end = carried; };
    if (by_copy) return net::carry_by_copy(io.get_executor(), std::move(carriage), on_end);
    net::carry(io.get_executor(), std::move(carriage), pipes, on_end);
  }
  void finish() {
    run_until(io, [this] { return end.has_value(); });
  }
  // What arrives at `descriptor` while the tunnel runs, `size` bytes or up to the end.
  std::string receive(int descriptor, std::size_t size) {
    std::string got;
    std::thread reader([&] {
      char part[65536];
      while (got.size() < size) {
        const ssize_t count = ::recv(descriptor, part, sizeof part, 0);
        if (count <= 0) break;
        got.append(part, static_cast<std::size_t>(count));
      }
      asio::post(io, [this] { done = true; });
    });
    done = false;
    run_until(io, [this] { return done; });
    reader.join();
    return got;
  }
  bool done = false;
};

void send_all(int descriptor, const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t count =
        ::send(descriptor, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return;
    sent += static_cast<std::size_t>(count);
  }
}

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 1;
  for (char& c : text) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24U);
  return text;
}

void reset(int& descriptor) {
  const linger abrupt{1, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &abrupt, sizeof abrupt);
  Tunnel::hang_up(descriptor);
}

}  // namespace

TEST_CASE("one way of a tunnel step by step") {
  OneWay way;
  CHECK(way.step() == Step::wait_readable);
  way.readable();
  CHECK(way.step() == Step::fill);
  way.fill_would_block();
  CHECK(way.step() == Step::wait_readable);
  way.readable();
  way.filled(10);
  CHECK(way.step() == Step::drain);
  way.drained(4);
  CHECK(way.step() == Step::drain);
  way.drain_would_block();
  CHECK(way.step() == Step::wait_writable);
  way.writable();
  way.drained(6);
  CHECK(way.step() == Step::fill);
  CHECK(way.passed() == 10);
  way.filled(5);
  way.fill_would_block();
  CHECK(way.step() == Step::drain);
  way.fill_ended();
  CHECK(way.step() == Step::drain);
  way.drained(5);
  CHECK(way.step() == Step::end_sending);
  way.end_sent();
  CHECK(way.step() == Step::over);
  CHECK(way.passed() == 15);
}

TEST_CASE("an end with nothing held is passed on at once") {
  OneWay way;
  way.readable();
  way.fill_ended();
  CHECK(way.step() == Step::end_sending);
  CHECK(way.source_ended());
}

TEST_CASE("bytes and half-closes pass both ways and are counted") {
  for (const bool by_copy : {false, true}) {
    CAPTURE(by_copy);
    Tunnel tunnel;
    tunnel.open(by_copy);
    const std::string up = pattern(3'000'000);
    const std::string down = pattern(2'000'001);
    std::thread sender([&] {
      send_all(tunnel.client.theirs, up);
      ::shutdown(tunnel.client.theirs, SHUT_WR);
    });
    CHECK(tunnel.receive(tunnel.upstream.theirs, up.size() + 1) == up);
    sender.join();
    CHECK_FALSE(tunnel.end.has_value());
    std::thread answerer([&] {
      send_all(tunnel.upstream.theirs, down);
      ::shutdown(tunnel.upstream.theirs, SHUT_WR);
    });
    CHECK(tunnel.receive(tunnel.client.theirs, down.size() + 1) == down);
    answerer.join();
    tunnel.finish();
    CHECK(tunnel.end->up == up.size());
    CHECK(tunnel.end->down == down.size());
    CHECK(tunnel.end->ended_by == Side::client);
    CHECK_FALSE(tunnel.end->refused);
  }
}

TEST_CASE("a receiver that stalls holds the sender up and loses nothing") {
  Tunnel tunnel;
  tunnel.open(false);
  const std::string bytes = pattern(20'000'000);
  std::atomic<bool> sent = false;
  std::thread sender([&] {
    send_all(tunnel.client.theirs, bytes);
    sent = true;
    ::shutdown(tunnel.client.theirs, SHUT_WR);
  });
  for (int i = 0; i < 20; ++i) settle(tunnel.io);
  CHECK_FALSE(sent);
  CHECK(tunnel.pipes.borrowed() <= 1);
  CHECK(tunnel.receive(tunnel.upstream.theirs, bytes.size() + 1) == bytes);
  sender.join();
  CHECK(tunnel.pipes.borrowed() == 0);
}

TEST_CASE("an idle tunnel has borrowed nothing") {
  Tunnel tunnel;
  const std::size_t before = open_descriptors();
  tunnel.open(false);
  send_all(tunnel.client.theirs, "hello");
  CHECK(tunnel.receive(tunnel.upstream.theirs, 5) == "hello");
  settle(tunnel.io);
  CHECK(tunnel.pipes.borrowed() == 0);
  CHECK(open_descriptors() <= before + 2);  // the pool keeps the pipe
}

TEST_CASE("without a pipe bytes are copied") {
  Tunnel tunnel;
  std::vector<net::Pipe> taken;
  while (net::Pipe pipe = tunnel.pipes.borrow()) taken.push_back(std::move(pipe));
  CHECK(taken.size() == 256);
  tunnel.open(false);
  const std::string bytes = pattern(5'000'000);
  std::thread sender([&] {
    send_all(tunnel.upstream.theirs, bytes);
    ::shutdown(tunnel.upstream.theirs, SHUT_WR);
  });
  CHECK(tunnel.receive(tunnel.client.theirs, bytes.size() + 1) == bytes);
  sender.join();
  for (net::Pipe& pipe : taken) tunnel.pipes.give_back(std::move(pipe), false);
  CHECK(tunnel.pipes.borrowed() == 0);
}

TEST_CASE("few pipes are large and all together hold no more than one user may have") {
  constexpr int kMost = 64 * 1024 * 1024;
  PipePool pipes;
  std::vector<net::Pipe> taken;
  const auto total = [&taken] {
    int sum = 0;
    for (const net::Pipe& pipe : taken) sum += ::fcntl(pipe.read_end(), F_GETPIPE_SZ);
    return sum;
  };
  // Also where those that come back are not the last that went.
  for (int round = 0; round < 3; ++round) {
    while (net::Pipe pipe = pipes.borrow()) taken.push_back(std::move(pipe));
    CHECK(taken.size() == 256);
    CHECK(total() <= kMost);
    for (std::size_t i = 0; i < 100; ++i) pipes.give_back(std::move(taken[i]), false);
    taken.erase(taken.begin(), taken.begin() + 100);
  }
}

TEST_CASE("who is almost alone has a large pipe, also after a burst") {
  // What the kernel gives: where the user has many it refuses, and they stay small.
  const auto most = [] {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    (void)::fcntl(ends[1], F_SETPIPE_SZ, 1024 * 1024);
    const int holds = ::fcntl(ends[1], F_GETPIPE_SZ);
    ::close(ends[0]);
    ::close(ends[1]);
    return holds;
  };
  const auto holds = [](const net::Pipe& pipe) { return ::fcntl(pipe.read_end(), F_GETPIPE_SZ); };
  PipePool pipes;
  std::vector<net::Pipe> taken;
  for (int i = 0; i < 60; ++i) taken.push_back(pipes.borrow());
  CHECK(holds(taken.front()) == most());
  CHECK(holds(taken.back()) < most());
  // The small ones first, which leaves no room for others if they are kept.
  while (!taken.empty()) {
    pipes.give_back(std::move(taken.back()), false);
    taken.pop_back();
  }
  for (int i = 0; i < 32; ++i) {
    taken.push_back(pipes.borrow());
    CHECK(holds(taken.back()) == most());
  }
  CHECK(holds(pipes.borrow()) < most());
}

TEST_CASE("a reset passes as a reset") {
  for (const bool by_copy : {false, true}) {
    for (const bool by_client : {false, true}) {
      CAPTURE(by_copy);
      Tunnel tunnel;
      tunnel.open(by_copy);
      settle(tunnel.io);
      int& leaving = by_client ? tunnel.client.theirs : tunnel.upstream.theirs;
      const int staying = by_client ? tunnel.upstream.theirs : tunnel.client.theirs;
      reset(leaving);
      tunnel.finish();
      char byte = 0;
      CHECK(::recv(staying, &byte, 1, 0) == -1);
      CHECK(errno == ECONNRESET);
      CHECK(tunnel.end->ended_by == (by_client ? Side::client : Side::upstream));
    }
  }
}

TEST_CASE("a side that ended and is then reset ends the tunnel") {
  Tunnel tunnel;
  tunnel.open(false);
  ::shutdown(tunnel.client.theirs, SHUT_WR);
  CHECK(tunnel.receive(tunnel.upstream.theirs, 1).empty());
  CHECK_FALSE(tunnel.end.has_value());
  reset(tunnel.client.theirs);
  tunnel.finish();
  CHECK(tunnel.end->ended_by == Side::client);
}

TEST_CASE("what was read before goes out first") {
  for (const bool by_copy : {false, true}) {
    for (const bool client_ended : {false, true}) {
      Tunnel tunnel;
      Carriage carriage;
      carriage.to_upstream = "first ";
      carriage.to_client = "220 hello";
      carriage.client_ended = client_ended;
      tunnel.open(by_copy, std::move(carriage));
      CHECK(tunnel.receive(tunnel.client.theirs, 9) == "220 hello");
      if (!client_ended) send_all(tunnel.client.theirs, "second");
      ::shutdown(tunnel.client.theirs, SHUT_WR);
      CHECK(tunnel.receive(tunnel.upstream.theirs, 99) ==
            (client_ended ? "first " : "first second"));
      ::shutdown(tunnel.upstream.theirs, SHUT_WR);
      tunnel.finish();
      CHECK(tunnel.end->up == (client_ended ? 6 : 12));
      CHECK(tunnel.end->down == 9);
    }
  }
}

TEST_CASE("nothing passes the gate before it opens") {
  for (const bool by_copy : {false, true}) {
    Tunnel tunnel;
    Carriage carriage;
    carriage.gate = [](std::string_view bytes) {
      if (bytes.size() < 4) return Gate::wait;
      return bytes.starts_with("good") ? Gate::open : Gate::refuse;
    };
    tunnel.open(by_copy, std::move(carriage));
    send_all(tunnel.client.theirs, "go");
    settle(tunnel.io);
    char byte = 0;
    CHECK(::recv(tunnel.upstream.theirs, &byte, 1, MSG_DONTWAIT) == -1);
    send_all(tunnel.client.theirs, "od morning");
    CHECK(tunnel.receive(tunnel.upstream.theirs, 12) == "good morning");
    send_all(tunnel.client.theirs, "bad");
    CHECK(tunnel.receive(tunnel.upstream.theirs, 3) == "bad");
  }
}

TEST_CASE("what the gate refuses goes nowhere") {
  for (const bool by_copy : {false, true}) {
    Tunnel tunnel;
    Carriage carriage;
    carriage.gate = [](std::string_view) { return Gate::refuse; };
    tunnel.open(by_copy, std::move(carriage));
    send_all(tunnel.upstream.theirs, "220 hello");
    CHECK(tunnel.receive(tunnel.client.theirs, 9) == "220 hello");
    send_all(tunnel.client.theirs, "x");
    tunnel.finish();
    CHECK(tunnel.end->refused);
    CHECK(tunnel.end->up == 0);
    char byte = 0;
    CHECK(::recv(tunnel.upstream.theirs, &byte, 1, 0) <= 0);
  }
}

TEST_CASE("a fault of ours ends both ways, and is told once") {
  for (const bool by_copy : {false, true}) {
    Tunnel tunnel;
    Carriage carriage;
    carriage.gate = [](std::string_view) -> Gate { throw std::bad_alloc(); };
    tunnel.open(by_copy, std::move(carriage));
    send_all(tunnel.client.theirs, "x");
    tunnel.finish();
    CHECK(tunnel.end->ended_by == Side::none);
    CHECK(tunnel.end->up == 0);
    char byte = 0;
    CHECK(::recv(tunnel.upstream.theirs, &byte, 1, 0) <= 0);
    CHECK(::recv(tunnel.client.theirs, &byte, 1, 0) <= 0);
  }
}

TEST_CASE("what the gate still waits on when the client ends goes nowhere") {
  for (const bool by_copy : {false, true}) {
    Tunnel tunnel;
    Carriage carriage;
    carriage.gate = [](std::string_view) { return Gate::wait; };
    tunnel.open(by_copy, std::move(carriage));
    send_all(tunnel.client.theirs, "half");
    ::shutdown(tunnel.client.theirs, SHUT_WR);
    CHECK(tunnel.receive(tunnel.upstream.theirs, 99).empty());
    tunnel.finish();
    CHECK(tunnel.end->refused);
    CHECK(tunnel.end->up == 0);
  }
}

TEST_CASE("a client that ends before the gate without a byte may still be spoken to") {
  for (const bool by_copy : {false, true}) {
    for (const bool before : {false, true}) {
      Tunnel tunnel;
      Carriage carriage;
      carriage.gate = [](std::string_view) { return Gate::wait; };
      carriage.client_ended = before;
      tunnel.open(by_copy, std::move(carriage));
      ::shutdown(tunnel.client.theirs, SHUT_WR);
      CHECK(tunnel.receive(tunnel.upstream.theirs, 99).empty());
      send_all(tunnel.upstream.theirs, "220 hello");
      ::shutdown(tunnel.upstream.theirs, SHUT_WR);
      CHECK(tunnel.receive(tunnel.client.theirs, 99) == "220 hello");
      tunnel.finish();
      CHECK_FALSE(tunnel.end->refused);
    }
  }
}
