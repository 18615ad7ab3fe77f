// A TCP socket as a Stream.
#include <cerrno>
#include <memory>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/readiness.hpp"
#include "net/socket.hpp"
#include "net/stream.hpp"
#include "net/tokens.hpp"

namespace ssmgate::net {

error_code end_sending(asio::ip::tcp::socket& socket) noexcept {
  error_code error;
  socket.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  if (error == asio::error::not_connected) error.clear();
  return error;
}

error_code prepare_socket(asio::ip::tcp::socket& socket) noexcept {
  struct Option {
    int level, name, value;
  };
  static constexpr Option kOptions[] = {{IPPROTO_TCP, TCP_NODELAY, 1},
                                        {SOL_SOCKET, SO_KEEPALIVE, 1},
                                        {IPPROTO_TCP, TCP_KEEPIDLE, 60},
                                        {IPPROTO_TCP, TCP_KEEPINTVL, 15},
                                        {IPPROTO_TCP, TCP_KEEPCNT, 4}};
  for (const Option& option : kOptions) {
    if (::setsockopt(socket.native_handle(), option.level, option.name, &option.value,
                     sizeof option.value) != 0) {
      return {errno, boost::system::system_category()};
    }
  }
  return {};
}

namespace {

// True when the socket is open and nothing can be read from it, not even an end or an error.
bool has_nothing_to_read(asio::ip::tcp::socket& socket) noexcept {
  if (!socket.is_open()) return false;
  char byte = 0;
  for (;;) {
    const ssize_t size = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (size >= 0) return false;
    if (errno != EINTR) return errno == EAGAIN || errno == EWOULDBLOCK;
  }
}

// Waits for something to read, and not for ever. Belongs to its two handlers.
class TimedWait : public std::enable_shared_from_this<TimedWait> {
 public:
  TimedWait(asio::ip::tcp::socket& socket, Stream::Tell tell)
      : socket_(socket), tell_(std::move(tell)), timer_(socket.get_executor()) {}

  void start(std::chrono::milliseconds limit) {
    timer_.expires_after(limit);
    timer_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error) self->give_up();
    });
    wait();
  }

 private:
  void wait() {
    socket_.async_wait(
        asio::ip::tcp::socket::wait_read,
        [self = shared_from_this()](const error_code& error) { self->on_wake_up(error); });
  }

  // INVARIANT: a wake-up is a hint, no more: the reactor reports bytes that another thread has read
  // between the kernel's event and its own turn.
  void on_wake_up(const error_code& error) {
    if (!socket_.is_open() || (error && !in_vain_)) return end(false);
    // Also where time is up: what has come is there, if the loop was late.
    if (has_arrival()) return end(true);
    if (in_vain_) return end(false);
    wait();
  }

  // Not by a look at the first byte: that would take a reset away from whoever reads.
  bool has_arrival() {
    pollfd arrival{socket_.native_handle(), POLLIN, 0};
    return ::poll(&arrival, 1, 0) == 1;
  }

  void give_up() {
    if (!tell_) return;  // it is over, and there may be no socket
    in_vain_ = true;
    error_code ignored;
    socket_.cancel(ignored);
  }

  // From here on there may be no socket.
  void end(bool readable) {
    timer_.cancel();
    auto tell = std::exchange(tell_, nullptr);
    tell(readable);
  }

  asio::ip::tcp::socket& socket_;
  Stream::Tell tell_;  // INVARIANT: keeps the socket, and is there until the end
  asio::steady_timer timer_;
  bool in_vain_ = false;
};

class PlainStream final : public Stream {
 public:
  explicit PlainStream(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

  [[nodiscard]] asio::ip::tcp::socket& socket() noexcept { return socket_; }

  asio::awaitable<Transfer> read_some(asio::mutable_buffer buffer) override {
    const auto [error, size] = co_await socket_.async_read_some(buffer, kAwait);
    Transfer transfer;
    transfer.error = error;
    transfer.size = size;
    co_return transfer;
  }

  asio::awaitable<Transfer> write(asio::const_buffer buffer) override {
    Transfer transfer;
    while (transfer.size < buffer.size() && !transfer.error) {
      const asio::const_buffer rest = buffer + transfer.size;
      const auto [error, size] = co_await socket_.async_write_some(rest, kAwait);
      transfer.error = error;
      transfer.size += size;
    }
    co_return transfer;
  }

  asio::awaitable<error_code> finish_writing() override { co_return end_sending(socket_); }

  void close() noexcept override {
    error_code ignored;
    socket_.close(ignored);
  }

  bool is_quiet() noexcept override { return has_been_silent() || has_nothing_to_read(socket_); }

  void keep_watch() override { readiness().watch(socket_); }
  bool has_been_silent() const noexcept override {
    return socket_.is_open() && readiness_ != nullptr && readiness_->has_been_silent();
  }

  Transfer read_now(asio::mutable_buffer buffer) noexcept override {
    Transfer transfer;
    if (!socket_.is_open()) return closed();
    ssize_t size = 0;
    do {
      size = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    } while (size < 0 && errno == EINTR);
    if (size > 0) transfer.size = static_cast<std::size_t>(size);
    if (size == 0) transfer.error = asio::error::eof;
    if (size < 0) transfer.error = error_code(errno, boost::system::system_category());
    return transfer;
  }

  Transfer write_now(asio::const_buffer buffer) noexcept override {
    Transfer transfer;
    if (!socket_.is_open()) return closed();
    ssize_t size = 0;
    do {
      size = ::send(socket_.native_handle(), buffer.data(), buffer.size(),
                    MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (size < 0 && errno == EINTR);
    if (size >= 0) transfer.size = static_cast<std::size_t>(size);
    if (size < 0) transfer.error = error_code(errno, boost::system::system_category());
    return transfer;
  }

  asio::awaitable<error_code> readable() override {
    if (readiness().take_arrival()) co_return error_code();
    const auto begin = [this](auto handler) { readiness().wait(socket_, std::move(handler)); };
    auto arrival = asio::async_initiate<decltype(kAwait), void(error_code)>(begin, kAwait);
    const auto [error] = co_await std::move(arrival);
    co_return error;
  }

  asio::awaitable<error_code> writable() override {
    const auto [error] = co_await socket_.async_wait(asio::ip::tcp::socket::wait_write, kAwait);
    co_return error;
  }

  void when_readable(Ready ready) override {
    // What came before is told of anew: the reactor looks when it is asked to wait.
    static_cast<void>(readiness().take_arrival());
    readiness().wait(socket_, std::move(ready));
  }

  void cancel_wait() noexcept override {
    if (readiness_) readiness_->forget_waiter();
  }

  void when_readable_within(std::chrono::milliseconds limit, Tell tell) override {
    std::make_shared<TimedWait>(socket_, std::move(tell))->start(limit);
  }

  void acknowledge_now() noexcept override {
    const int on = 1;
    ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  }

 private:
  [[nodiscard]] static Transfer closed() noexcept {
    Transfer transfer;
    transfer.error = asio::error::operation_aborted;
    return transfer;
  }

  // Made when first asked for: a tunnel has no use of it.
  [[nodiscard]] Readiness& readiness() {
    if (!readiness_) readiness_ = std::make_shared<Readiness>();
    return *readiness_;
  }

  asio::ip::tcp::socket socket_;
  std::shared_ptr<Readiness> readiness_;
};

}  // namespace

bool is_plain(const Stream& stream) noexcept {
  return dynamic_cast<const PlainStream*>(&stream) != nullptr;
}

asio::ip::tcp::socket& socket_of(Stream& plain) {
  return dynamic_cast<PlainStream&>(plain).socket();
}

StreamPtr make_plain_stream(asio::ip::tcp::socket socket) {
  return std::make_unique<PlainStream>(std::move(socket));
}

}  // namespace ssmgate::net
