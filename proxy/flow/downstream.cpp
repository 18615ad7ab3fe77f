#include "flow/downstream.hpp"

#include <array>
#include <utility>

#include <boost/asio/error.hpp>

#include "flow/closer.hpp"
#include "ssmgate/text/free_text.hpp"

namespace ssmgate::flow {
namespace {

// One TLS record at most: what one read can bring.
constexpr std::size_t kReadSize = 16 * 1024;
// LIMIT: 2 s and 1 MiB for a client to take the last answer and hang up.
constexpr std::chrono::milliseconds kLinger{2000};
constexpr std::size_t kMaxLinger = 1024 * 1024;

// By way of the stack, so that no buffer is held while nothing comes, and none leaves a hole in the
// heap behind it.
net::error_code append_arrived(net::Stream& stream, std::string& inbox) {
  std::array<char, kReadSize> bytes;
  const net::Transfer got = stream.read_now(boost::asio::buffer(bytes));
  inbox.append(bytes.data(), got.size);
  return got.error;
}

}  // namespace

boost::asio::awaitable<net::error_code> Downstream::read_more(std::chrono::milliseconds limit) {
  const Watchdog::Stage stage(watchdog, *stream, limit);
  bool wait = stream->is_drained();
  for (;;) {
    net::error_code error = boost::asio::error::would_block;
    if (!std::exchange(wait, false)) error = append_arrived(*stream, inbox);
    if (error != boost::asio::error::would_block) co_return error;
    const net::error_code waited = co_await stream->readable();
    if (stage.expired()) co_return boost::asio::error::timed_out;
    if (waited) co_return waited;
  }
}

bool Downstream::take_arrived() {
  const net::error_code error = append_arrived(*stream, inbox);
  const bool part = error == boost::asio::error::would_block && !stream->is_drained();
  return part || !inbox.empty();
}

boost::asio::awaitable<net::error_code> Downstream::send(std::string_view bytes) {
  const boost::asio::const_buffer buffer(bytes.data(), bytes.size());
  const Watchdog::Stage stage(watchdog, *stream, generation->config.limits.body_timeout);
  const net::Transfer sent = co_await stream->write(buffer);
  if (stage.expired()) co_return boost::asio::error::timed_out;
  co_return sent.error;
}

boost::asio::awaitable<void> Downstream::close_gently() {
  free_text(inbox);
  const Watchdog::Stage stage(watchdog, *stream, kLinger);
  const net::error_code ended = co_await stream->finish_writing();
  if (ended) co_return;
  std::string dropped(kReadSize, '\0');
  const boost::asio::mutable_buffer space(dropped.data(), dropped.size());
  for (std::size_t total = 0; total < kMaxLinger;) {
    const net::Transfer got = co_await stream->read_some(space);
    if (got.error) co_return;
    total += got.size;
  }
}

std::string_view ended_by(const Downstream& downstream) noexcept {
  if (is_stopped(downstream)) return downstream.watchdog.stopped_by();
  return name(downstream.watchdog.expired() ? Closer::deadline : Closer::client);
}

state::AuditRecord make_record(const Downstream& downstream, state::Event event) {
  state::AuditRecord record;
  record.event = event;
  record.time = downstream.gateway.now();
  fill_caller(downstream, record);
  return record;
}

}  // namespace ssmgate::flow
