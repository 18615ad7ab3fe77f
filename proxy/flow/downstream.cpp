#include "flow/downstream.hpp"

#include <boost/asio/error.hpp>

namespace ssmgate::flow {
namespace {

// One TLS record at most: what one read can bring.
constexpr std::size_t kReadSize = 16 * 1024;
// A CONNECT, a ClientHello and most requests fit: whoever is silent holds no more than this.
constexpr std::size_t kFirstRead = 2 * 1024;
// LIMIT: 2 s and 1 MiB for a client to take the last answer and hang up.
constexpr std::chrono::milliseconds kLinger{2000};
constexpr std::size_t kMaxLinger = 1024 * 1024;

}  // namespace

boost::asio::awaitable<net::error_code> Downstream::read_more(std::chrono::milliseconds limit) {
  const std::size_t before = inbox.size();
  const std::size_t room = before == 0 ? kFirstRead : kReadSize;
  inbox.resize(before + room);
  const boost::asio::mutable_buffer space(inbox.data() + before, room);
  const Watchdog::Stage stage(watchdog, *stream, limit);
  const net::Transfer got = co_await stream->read_some(space);
  inbox.resize(before + got.size);
  if (stage.expired()) co_return boost::asio::error::timed_out;
  co_return got.error;
}

boost::asio::awaitable<net::error_code> Downstream::send(std::string_view bytes) {
  const boost::asio::const_buffer buffer(bytes.data(), bytes.size());
  const Watchdog::Stage stage(watchdog, *stream, generation->config.limits.body_timeout);
  const net::Transfer sent = co_await stream->write(buffer);
  co_return sent.error;
}

boost::asio::awaitable<void> Downstream::close_gently() {
  inbox = std::string();
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

state::AuditRecord make_record(const Downstream& downstream, state::Event event) {
  state::AuditRecord record;
  record.event = event;
  record.time = downstream.gateway.now();
  record.listener = downstream.listener;
  record.client = render_ip_address(downstream.client);
  record.auth = config::name(downstream.entrance->settings.auth);
  record.user = downstream.identity.label();
  return record;
}

}  // namespace ssmgate::flow
