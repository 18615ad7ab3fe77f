// Running coroutines in tests: on one io_context, never for longer than a test may take.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "net/socket.hpp"
#include "net/stream.hpp"

namespace ssmgate::test {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

// The outcome of a coroutine that was started: empty until it has ended.
template <typename Value>
using Outcome = std::shared_ptr<std::optional<Value>>;

template <typename Value>
Outcome<Value> start(asio::io_context& io, asio::awaitable<Value> task) {
  auto outcome = std::make_shared<std::optional<Value>>();
  asio::co_spawn(io, std::move(task), [outcome](const std::exception_ptr& error, Value value) {
    if (error) std::rethrow_exception(error);
    *outcome = std::move(value);
  });
  return outcome;
}

// Runs until `outcome` is there; throws after 20 s.
void run_until(asio::io_context& io, const std::function<bool()>& done);

// Lets what was started go as far as it can without waiting.
void settle(asio::io_context& io);

template <typename Value>
Value run(asio::io_context& io, asio::awaitable<Value> task) {
  auto outcome = start(io, std::move(task));
  run_until(io, [&outcome] { return outcome->has_value(); });
  return std::move(**outcome);
}

// `told`: empty until the stream says whether it is readable within `limit`.
void tell_readable(net::Stream& stream, std::chrono::milliseconds limit, std::optional<bool>& told);
[[nodiscard]] bool is_readable_within(asio::io_context& io, net::Stream& stream,
                                      std::chrono::milliseconds limit);

// Two ends of one TCP connection: one for us, one for the peer, which blocks (at most 20 s).
struct Ends {
  net::StreamPtr ours;
  int theirs;
  [[nodiscard]] Tcp::socket& socket() const { return net::socket_of(*ours); }
};
[[nodiscard]] Ends connect_ends(asio::io_context& io);

// Waits until `descriptor` has something to read: loopback may deliver a moment late.
void wait_readable(int descriptor);

// Descriptors of this process that are open.
[[nodiscard]] std::size_t open_descriptors();

}  // namespace ssmgate::test
