// A byte stream, plain or TLS: all that the flow knows of sockets.
//
// INVARIANT: no method throws but for lack of memory; trouble is an error_code. A stream is used by
// one thread. `close` makes every pending operation end with operation_aborted.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include <absl/functional/any_invocable.h>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

namespace ssmgate::net {

namespace asio = boost::asio;
using boost::system::error_code;

struct Transfer {
  error_code error;
  std::size_t size = 0;
};

class Stream {
 public:
  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  virtual ~Stream() = default;

  // At least one byte, or an error; the peer's orderly end is asio::error::eof, for TLS a truncated
  // one is asio::ssl::error::stream_truncated.
  [[nodiscard]] virtual asio::awaitable<Transfer> read_some(asio::mutable_buffer buffer) = 0;
  // All of the bytes, or an error.
  [[nodiscard]] virtual asio::awaitable<Transfer> write(asio::const_buffer buffer) = 0;
  // Ends this direction: FIN, for TLS close_notify first (not waiting for the peer's).
  [[nodiscard]] virtual asio::awaitable<error_code> finish_writing() = 0;
  // Closes the socket at once. Idempotent.
  virtual void close() noexcept = 0;
  // True when the idle stream can take a request: open, and nothing has arrived, not even an end.
  // For a stream on which no operation is pending. One that is not quiet is only fit to be closed:
  // looking may have taken a byte.
  [[nodiscard]] virtual bool is_quiet() noexcept = 0;
  // From here on it is noticed by itself when something comes, so that `is_quiet` need not ask the
  // kernel. For a stream on which no operation is pending, and none that waits is cancelled by it.
  virtual void keep_watch() = 0;
  // True while `keep_watch` has seen nothing come, as far as the event loop knows.
  [[nodiscard]] virtual bool has_been_silent() const noexcept = 0;
  // What has arrived, without waiting; would_block when nothing has. Not beside a read under way.
  [[nodiscard]] virtual Transfer read_now(asio::mutable_buffer buffer) noexcept = 0;
  // As many of the bytes as go out without waiting; would_block when none do. Not beside a write
  // under way.
  [[nodiscard]] virtual Transfer write_now(asio::const_buffer buffer) noexcept = 0;
  // True when the last read took all that was there: whoever wants more waits at once. False when
  // in doubt.
  [[nodiscard]] virtual bool is_drained() const noexcept { return false; }
  // Until something more has arrived, or an end, after `read_now` found nothing or when drained.
  [[nodiscard]] virtual asio::awaitable<error_code> readable() = 0;
  // Until more can be written, after `write_now` could not.
  [[nodiscard]] virtual asio::awaitable<error_code> writable() = 0;
  // The same as one call of `ready`, by the stream's event loop; with an error after `close`.
  using Ready = absl::AnyInvocable<void(const error_code&)>;
  virtual void when_readable(Ready ready) = 0;
  // `ready` is not called any more.
  virtual void cancel_wait() noexcept = 0;
  // One call of `tell`, by the stream's event loop or from within: with true when a read would not
  // wait, with false when nothing came for `limit` or the stream was closed meanwhile. Nothing is
  // read, not even an error. INVARIANT: until then `tell` keeps the stream, or it outlives the
  // wait.
  using Tell = absl::AnyInvocable<void(bool)>;
  virtual void when_readable_within(std::chrono::milliseconds limit, Tell tell) = 0;
  // Says at once that what came has come. A client that keeps Nagle's algorithm on sends its
  // request only when its last flight of the handshake has been acknowledged; we answer nothing to
  // that one, and the kernel would wait 40 ms for something to send along.
  virtual void acknowledge_now() noexcept = 0;
};

using StreamPtr = std::unique_ptr<Stream>;

[[nodiscard]] StreamPtr make_plain_stream(asio::ip::tcp::socket socket);

}  // namespace ssmgate::net
