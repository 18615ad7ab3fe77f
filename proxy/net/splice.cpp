// Callbacks, no coroutine: what an idle tunnel keeps is this object and two waits.
#include "net/splice.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <exception>
#include <memory>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "net/descriptor.hpp"
#include "net/one_way.hpp"
#include "net/socket.hpp"
#include "ssmgate/text/free_text.hpp"

namespace ssmgate::net {
namespace {

using Socket = asio::ip::tcp::socket;

// LIMIT: what one splice moves at most, and how many moves a direction makes before others have
// their turn.
constexpr std::size_t kMove = 1024 * 1024;
constexpr int kMovesATurn = 4;
constexpr std::size_t kBuffer = 16 * 1024;

struct Way {
  Way(Socket& source, Socket& sink, Side side) : from(source), to(sink), source_side(side) {}
  Socket& from;
  Socket& to;
  const Side source_side;
  OneWay flow;
  // INVARIANT: what is held is in `buffer` when that is not empty, else in `pipe`.
  Pipe pipe;
  std::string buffer;
  std::size_t buffer_sent = 0;
};

Side other(Side side) {
  return side == Side::client ? Side::upstream : Side::client;
}

bool would_block(ssize_t moved) {
  return moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

class Splice : public std::enable_shared_from_this<Splice> {
 public:
  Splice(Carriage carriage, PipePool& pipes, std::function<void(const Carried&)> on_end)
      : client_(std::move(carriage.client)),
        upstream_(std::move(carriage.upstream)),
        gate_(std::move(carriage.gate)),
        traffic_(std::move(carriage.traffic)),
        pipes_(pipes),
        on_end_(std::move(on_end)),
        up_(socket_of(*client_), socket_of(*upstream_), Side::client),
        down_(up_.to, up_.from, Side::upstream) {
    up_.buffer = std::move(carriage.to_upstream);
    down_.buffer = std::move(carriage.to_client);
    if (!down_.buffer.empty()) down_.flow.filled(down_.buffer.size());
    client_ended_ = carriage.client_ended;
    // What the gate has not been asked about is nothing of `flow`'s yet.
    if (!gate_ && !up_.buffer.empty()) up_.flow.filled(up_.buffer.size());
  }

  ~Splice() {
    release_pipe(up_);
    release_pipe(down_);
  }

  void start() {
    act([this] { begin(); });
  }

 private:
  // A fault of ours, such as no memory, ends the tunnel: one whose one direction stands still would
  // be held for ever.
  template <class Act>
  void act(const Act& step) {
    try {
      step();
    } catch (const std::exception&) {
      if (over_) throw;  // of whoever was told of the end
      abort(Side::none);
    }
  }

  void begin() {
    error_code error;
    up_.from.native_non_blocking(true, error);
    if (!error) up_.to.native_non_blocking(true, error);
    if (error) return abort(Side::none);
    if (gate_ && !up_.buffer.empty() && !ask_gate()) return;
    if (client_ended_) end_client();
    run(up_);
    run(down_);
  }

  // Goes on until there is something to wait for.
  void run(Way& way) {
    using Step = OneWay::Step;
    for (int moves = 0; !over_; ++moves) {
      if (moves == kMovesATurn) return run_later(way);
      switch (way.flow.step()) {
        case Step::wait_readable: return wait(way, way.from, Socket::wait_read);
        case Step::wait_writable: return wait(way, way.to, Socket::wait_write);
        case Step::fill: fill(way); break;
        case Step::drain: drain(way); break;
        case Step::end_sending: pass_end(way); break;
        case Step::over: return finish_or_watch(way);
      }
    }
  }

  void run_later(Way& way) {
    asio::post(way.from.get_executor(),
               [self = shared_from_this(), &way] { self->act([&] { self->run(way); }); });
  }

  void wait(Way& way, Socket& socket, Socket::wait_type what) {
    if (what == Socket::wait_read) release_pipe(way);
    auto handler = [self = shared_from_this(), &way, what](const error_code& error) {
      if (self->over_) return;
      if (error) return self->abort(Side::none);
      what == Socket::wait_read ? way.flow.readable() : way.flow.writable();
      self->act([&] { self->run(way); });
    };
    socket.async_wait(what, std::move(handler));
  }

  void fill(Way& way) {
    const bool gated = gate_ && way.source_side == Side::client;
    if (gated) return fill_gated(way);
    if (!way.pipe) way.pipe = pipes_.borrow();
    if (!way.pipe) return fill_buffer(way);
    const ssize_t moved = ::splice(way.from.native_handle(), nullptr, way.pipe.write_end(), nullptr,
                                   kMove, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    on_filled(way, moved);
  }

  void fill_buffer(Way& way) {
    std::array<char, kBuffer> bytes;
    const ssize_t got = ::recv(way.from.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got > 0) way.buffer.assign(bytes.data(), static_cast<std::size_t>(got));
    on_filled(way, got);
  }

  void on_filled(Way& way, ssize_t moved) {
    if (moved > 0) return way.flow.filled(static_cast<std::size_t>(moved));
    if (moved == 0) {
      note_end(way.source_side);
      return way.flow.fill_ended();
    }
    if (would_block(moved)) return way.flow.fill_would_block();
    abort(way.source_side);
  }

  void fill_gated(Way& way) {
    std::array<char, kBuffer> bytes;
    const ssize_t got = ::recv(way.from.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (would_block(got)) return way.flow.fill_would_block();
    if (got < 0) return abort(way.source_side);
    if (got == 0) return end_client();
    way.buffer.append(bytes.data(), static_cast<std::size_t>(got));
    (void)ask_gate();
  }

  void end_client() {
    note_end(Side::client);
    if (gate_ && !up_.buffer.empty()) {
      outcome_.refused = true;
      return abort(Side::client);
    }
    gate_ = nullptr;
    up_.flow.fill_ended();
  }

  // False: it refused.
  bool ask_gate() {
    const Gate answer = gate_(up_.buffer);
    if (answer == Gate::refuse) {
      outcome_.refused = true;
      abort(Side::client);
      return false;
    }
    if (answer == Gate::wait) {
      up_.flow.fill_would_block();
      return true;
    }
    gate_ = nullptr;
    up_.flow.filled(up_.buffer.size());
    return true;
  }

  void drain(Way& way) {
    const bool buffered = !way.buffer.empty();
    const ssize_t moved =
        buffered ? send_buffer(way)
                 : ::splice(way.pipe.read_end(), nullptr, way.to.native_handle(), nullptr,
                            way.flow.held(), SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (would_block(moved)) return way.flow.drain_would_block();
    if (moved <= 0) return abort(other(way.source_side));
    way.flow.drained(static_cast<std::size_t>(moved));
    if (traffic_) count(way, static_cast<std::size_t>(moved));
    if (!buffered) return;
    way.buffer_sent += static_cast<std::size_t>(moved);
    if (way.flow.held() > 0) return;
    free_text(way.buffer);
    way.buffer_sent = 0;
  }

  void count(const Way& way, std::size_t moved) const {
    auto& passed = way.source_side == Side::client ? traffic_->up : traffic_->down;
    passed.fetch_add(moved, std::memory_order_relaxed);
  }

  static ssize_t send_buffer(const Way& way) {
    return ::send(way.to.native_handle(), way.buffer.data() + way.buffer_sent,
                  way.buffer.size() - way.buffer_sent, MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  void pass_end(Way& way) {
    release_pipe(way);
    if (end_sending(way.to)) return abort(other(way.source_side));
    way.flow.end_sent();
  }

  // One way is over: both are, or its source is watched for a reset, which no read would tell.
  void finish_or_watch(Way& way) {
    const bool both =
        up_.flow.step() == OneWay::Step::over && down_.flow.step() == OneWay::Step::over;
    if (both) return finish();
    auto handler = [self = shared_from_this(), &way](const error_code& error) {
      if (self->over_ || error) return;
      if (take_error(way.from)) self->abort(way.source_side);
    };
    way.from.async_wait(Socket::wait_error, std::move(handler));
  }

  void note_end(Side side) {
    if (outcome_.ended_by == Side::none) outcome_.ended_by = side;
  }

  // `side` has failed: the other learns of it by a reset, since no orderly end was said.
  void abort(Side side) {
    note_end(side);
    for (Socket* socket : {&up_.from, &up_.to}) {
      error_code ignored;
      if (socket->is_open()) socket->set_option(asio::socket_base::linger(true, 0), ignored);
    }
    finish();
  }

  void finish() {
    if (std::exchange(over_, true)) return;
    client_->close();
    upstream_->close();
    release_pipe(up_);
    release_pipe(down_);
    gate_ = nullptr;
    outcome_.up = up_.flow.passed();
    outcome_.down = down_.flow.passed();
    const auto on_end = std::exchange(on_end_, nullptr);
    on_end(outcome_);
  }

  void release_pipe(Way& way) {
    const bool used = way.flow.held() > 0;
    if (way.pipe) pipes_.give_back(std::exchange(way.pipe, Pipe()), used);
  }

  const StreamPtr client_;
  const StreamPtr upstream_;
  std::function<Gate(std::string_view)> gate_;
  const std::shared_ptr<Traffic> traffic_;
  PipePool& pipes_;
  std::function<void(const Carried&)> on_end_;
  Way up_;
  Way down_;
  Carried outcome_;
  bool client_ended_ = false;  // before the start
  bool over_ = false;
};

}  // namespace

void carry_by_splice(Carriage carriage, PipePool& pipes,
                     std::function<void(const Carried&)> on_end) {
  std::make_shared<Splice>(std::move(carriage), pipes, std::move(on_end))->start();
}

}  // namespace ssmgate::net
