#include "proxy/net/loop.hpp"

#include <chrono>
#include <filesystem>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace ssmgate::test {

void run_until(asio::io_context& io, const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  io.restart();
  while (!done()) {
    if (io.run_one_until(deadline) == 0 && !done()) {
      if (std::chrono::steady_clock::now() >= deadline) throw std::runtime_error("took too long");
      io.restart();
    }
  }
}

void settle(asio::io_context& io) {
  io.restart();
  io.poll();
}

void tell_readable(net::Stream& stream, std::chrono::milliseconds limit,
                   std::optional<bool>& told) {
  stream.when_readable_within(limit, [&told](bool readable) { told = readable; });
}

bool is_readable_within(asio::io_context& io, net::Stream& stream,
                        std::chrono::milliseconds limit) {
  std::optional<bool> told;
  tell_readable(stream, limit, told);
  run_until(io, [&told] { return told.has_value(); });
  return *told;
}

void wait_readable(int descriptor) {
  pollfd waiting{descriptor, POLLIN, 0};
  if (::poll(&waiting, 1, 20000) != 1) throw std::runtime_error("nothing came");
}

Ends connect_ends(asio::io_context& io) {
  Tcp::acceptor acceptor(io, Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  Tcp::socket ours(io);
  ours.connect(acceptor.local_endpoint());
  Ends ends{net::make_plain_stream(std::move(ours)), -1};
  ends.theirs = acceptor.accept().release();
  ::fcntl(ends.theirs, F_SETFL, ::fcntl(ends.theirs, F_GETFL) & ~O_NONBLOCK);
  const timeval limit{20, 0};
  ::setsockopt(ends.theirs, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(ends.theirs, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  return ends;
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count;
}

}  // namespace ssmgate::test
