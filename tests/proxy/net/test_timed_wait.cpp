// Waiting for a plain stream's first bytes, and not for ever.
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/error.hpp>

#include "proxy/net/loop.hpp"

using namespace ssmgate;
using namespace ssmgate::test;

// One turn of the loop learns of both sockets at once, and what runs first takes the byte that the
// second was woken for: what happens under load, when another thread has just read it.
TEST_CASE("a plain stream that is woken for a byte that is gone waits on") {
  asio::io_context io;
  const Ends other = connect_ends(io);
  const Ends ends = connect_ends(io);
  const int ours = ends.socket().native_handle();
  other.socket().async_wait(Tcp::socket::wait_read, [ours](const net::error_code&) {
    char byte = 0;
    CHECK(::recv(ours, &byte, 1, MSG_DONTWAIT) == 1);
  });
  std::optional<bool> told;
  tell_readable(*ends.ours, std::chrono::seconds(20), told);
  settle(io);
  ::send(other.theirs, "1", 1, 0);
  ::send(ends.theirs, "2", 1, 0);
  wait_readable(other.socket().native_handle());
  wait_readable(ours);
  settle(io);
  CHECK_FALSE(told.has_value());
  ::send(ends.theirs, "3", 1, 0);
  run_until(io, [&told] { return told.has_value(); });
  CHECK(*told);
}

TEST_CASE("a plain stream says in time that nothing came, and that it was closed") {
  asio::io_context io;
  const Ends ends = connect_ends(io);
  CHECK_FALSE(is_readable_within(io, *ends.ours, std::chrono::milliseconds(1)));
  std::optional<bool> told;
  tell_readable(*ends.ours, std::chrono::seconds(20), told);
  settle(io);
  ends.ours->close();
  run_until(io, [&told] { return told.has_value(); });
  CHECK_FALSE(*told);
  ::close(ends.theirs);
}

TEST_CASE("what came in time is told of where the loop looks too late") {
  asio::io_context io;
  std::vector<Ends> all;
  std::vector<bool> told;
  for (int i = 0; i < 200; ++i) {  // Asio takes 128 of them in a turn, all timers in each
    all.push_back(connect_ends(io));
    ::send(all.back().theirs, "1", 1, 0);
    wait_readable(all.back().socket().native_handle());
    all.back().ours->when_readable_within(std::chrono::milliseconds(0),
                                          [&told](bool readable) { told.push_back(readable); });
  }
  run_until(io, [&] { return told.size() == all.size(); });
  CHECK(std::ranges::count(told, true) == 200);
  for (const Ends& ends : all) ::close(ends.theirs);
}

TEST_CASE("a plain stream that waits tells of a reset and leaves it to who reads") {
  asio::io_context io;
  const Ends ends = connect_ends(io);
  std::optional<bool> told;
  tell_readable(*ends.ours, std::chrono::seconds(20), told);
  settle(io);
  constexpr linger kReset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(ends.theirs, SOL_SOCKET, SO_LINGER, &kReset, sizeof kReset);
  ::close(ends.theirs);
  run_until(io, [&told] { return told.has_value(); });
  CHECK(*told);
  char byte = 0;
  CHECK(ends.ours->read_now(asio::buffer(&byte, 1)).error == asio::error::connection_reset);
}
