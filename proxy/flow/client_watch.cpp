#include "flow/client_watch.hpp"

#include <array>

#include <boost/asio/error.hpp>

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace {

// LIMIT: what a client may send ahead; then it is read no further, and its end is not seen.
constexpr std::size_t kMostAhead = 64 * 1024;

}  // namespace

// Shared with the wait's handler, which may run a moment after the watch is over.
struct ClientWatch::State : std::enable_shared_from_this<State> {
  State(Downstream& client, net::Stream& up, const asio::any_io_executor& ours)
      : downstream(client), upstream(up), executor(ours) {}

  Downstream& downstream;
  net::Stream& upstream;
  const asio::any_io_executor executor;
  bool waiting = false;
  bool gone = false;
  bool over = false;

  void look() {
    std::array<char, 4096> bytes;
    while (downstream.ahead.size() < kMostAhead) {
      const asio::mutable_buffer space(bytes.data(), bytes.size());
      const net::Transfer got = downstream.stream->read_now(space);
      downstream.ahead.append(bytes.data(), got.size);
      if (!got.error) continue;
      if (got.error == asio::error::would_block) return wait();
      gone = true;
      upstream.close();
      return;
    }
  }

  void wait() {
    waiting = true;
    downstream.stream->when_readable(executor, [self = shared_from_this()](const auto& error) {
      if (self->over) return;
      self->waiting = false;
      if (!error) self->look();
    });
  }
};

ClientWatch::ClientWatch(Downstream& downstream, net::Stream& upstream,
                         const asio::any_io_executor& executor)
    : state_(std::make_shared<State>(downstream, upstream, executor)) {
  // What was sent ahead and lies in the stream already is read with the next request; an end behind
  // it is on the socket.
  state_->wait();
}

ClientWatch::~ClientWatch() {
  state_->over = true;
  if (state_->waiting) state_->downstream.stream->cancel_wait();
}

bool ClientWatch::gone() const noexcept {
  return state_->gone;
}

}  // namespace ssmgate::flow
