// TLS streams: OpenSSL on the Stream below, step by step, waiting only where OpenSSL has to.
// Does not decide who is trusted (tls/) and does not put failures into words (tls_fault.cpp).
#include "net/tls_stream.hpp"

#include <algorithm>
#include <climits>
#include <memory>
#include <optional>
#include <utility>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <boost/asio/ssl/error.hpp>

#include "net/stream_bio.hpp"
#include "net/tls_fault.hpp"
#include "net/turn.hpp"
#include "tls/session_cache.hpp"

namespace ssmgate::net {
namespace {

struct FreeSession {
  void operator()(SSL* session) const noexcept { SSL_free(session); }
};

error_code last_tls_error() {
  const auto code = static_cast<int>(ERR_get_error());
  ERR_clear_error();
  return {code, asio::error::get_ssl_category()};
}

// OpenSSL takes sizes as int.
int whole_size(std::size_t size) noexcept {
  return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
}

class TlsStream final : public Stream {
 public:
  // `early` was read from `under` before. Null `session()`: out of memory, or the context has no
  // use of it.
  TlsStream(Stream& under, const tls::ContextPtr& context, std::string_view early)
      : under_(under), bio_(under, early), session_(SSL_new(context.get())) {
    if (session_ != nullptr && !bio_.attach(session_.get())) session_.reset();
    if (session_ == nullptr) return;
    // An idle stream holds no buffer; and what has come is read in one call.
    SSL_set_mode(session_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                     SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                     SSL_MODE_RELEASE_BUFFERS);
    SSL_set_read_ahead(session_.get(), 1);
  }

  [[nodiscard]] SSL* session() const noexcept { return session_.get(); }
  // After the handshake: the stream below is this one's from here on.
  void adopt(StreamPtr under) noexcept { held_ = std::move(under); }

  asio::awaitable<error_code> handshake() {
    for (;;) {
      const Step step = take_step(SSL_do_handshake);
      if (step.wants == Wants::nothing) co_return step.error;
      const error_code error = co_await wait_for(step.wants);
      if (error) co_return error;
    }
  }

  asio::awaitable<Transfer> read_some(asio::mutable_buffer buffer) override {
    if (turn_.is_over()) co_await turn_.yield();
    for (;;) {
      Transfer transfer;
      const Step step = read_step(buffer, transfer);
      if (step.wants == Wants::nothing) co_return transfer;
      transfer.error = co_await wait_for(step.wants);
      if (transfer.error) co_return transfer;
    }
  }

  asio::awaitable<Transfer> write(asio::const_buffer buffer) override {
    Transfer transfer;
    if (turn_.is_over()) co_await turn_.yield();
    while (transfer.size < buffer.size() && !transfer.error) {
      const asio::const_buffer rest = buffer + transfer.size;
      Transfer part;
      const Step step = write_step(rest, part);
      transfer.size += part.size;
      transfer.error = part.error;
      if (step.wants == Wants::to_write) transfer.error = co_await wait_for(step.wants);
      if (turn_.is_over()) co_await turn_.yield();
    }
    co_return transfer;
  }

  // Does not wait for the peer's end: OpenSSL is content with having sent ours.
  asio::awaitable<error_code> finish_writing() override {
    error_code error;
    for (;;) {
      const Step step = take_step([](SSL* session) { return SSL_shutdown(session) < 0 ? -1 : 1; });
      error = step.error;
      if (step.wants == Wants::nothing) break;
      error = co_await wait_for(step.wants);
      if (error) break;
    }
    const error_code finished = co_await under_.finish_writing();
    if (error) co_return error;
    co_return finished;
  }

  void close() noexcept override { under_.close(); }

  // What is on the wire may be a session ticket, which TLS 1.3 servers send when they like and
  // which is no news: a read without waiting lets OpenSSL take those in, and finds nothing more.
  bool is_quiet() noexcept override {
    if (SSL_get_shutdown(session()) != 0) return false;
    if (is_drained() && has_been_silent()) return true;
    char byte = 0;
    return read_now(asio::buffer(&byte, 1)).error == asio::error::would_block;
  }

  void keep_watch() override { under_.keep_watch(); }
  bool has_been_silent() const noexcept override { return under_.has_been_silent(); }

  Transfer read_now(asio::mutable_buffer buffer) noexcept override {
    bio_.look_again();
    Transfer transfer;
    const Step step = read_step(buffer, transfer);
    if (step.wants != Wants::nothing) transfer.error = asio::error::would_block;
    return transfer;
  }

  Transfer write_now(asio::const_buffer buffer) noexcept override {
    Transfer transfer;
    const Step step = write_step(buffer, transfer);
    if (step.wants != Wants::nothing) transfer.error = asio::error::would_block;
    return transfer;
  }

  bool is_drained() const noexcept override {
    return bio_.is_dry() && SSL_has_pending(session()) == 0;
  }

  // `read_now` has left nothing between the socket and the one who reads, nor `write_now`.
  asio::awaitable<error_code> readable() override {
    if (bio_.take_pause()) return step_aside();
    return read_wants_to_write_ ? under_.writable() : under_.readable();
  }
  asio::awaitable<error_code> writable() override { return under_.writable(); }

  void when_readable(Ready ready) override { under_.when_readable(std::move(ready)); }

  void cancel_wait() noexcept override { under_.cancel_wait(); }

  // Bytes of a record that is not whole yet count as readable.
  void when_readable_within(std::chrono::milliseconds limit, Tell tell) override {
    if (bio_.has_early() || SSL_has_pending(session()) != 0) return tell(true);
    under_.when_readable_within(limit, std::move(tell));
  }

  void acknowledge_now() noexcept override { under_.acknowledge_now(); }

 private:
  enum class Wants : std::uint8_t { nothing, to_read, to_write };
  struct Step {
    Wants wants = Wants::nothing;
    error_code error;
  };

  // One call of OpenSSL's, which gives more than 0 when it has done its work.
  template <typename Call>
  Step take_step(Call call) noexcept {
    // The queue is the thread's: what another session left there is not this one's trouble.
    if (ERR_peek_error() != 0) ERR_clear_error();
    bio_.begin_call();
    const int result = call(session());
    Step step;
    if (result > 0) return step;
    if (bio_.queued_error() != 0) {
      ERR_clear_error();
      step.error = {static_cast<int>(bio_.queued_error()), asio::error::get_ssl_category()};
      return step;
    }
    switch (SSL_get_error(session(), result)) {
      case SSL_ERROR_WANT_READ: step.wants = Wants::to_read; break;
      case SSL_ERROR_WANT_WRITE: step.wants = Wants::to_write; break;
      case SSL_ERROR_ZERO_RETURN: step.error = asio::error::eof; break;
      case SSL_ERROR_SSL: step.error = last_tls_error(); break;
      default: step.error = lost(); break;
    }
    return step;
  }

  // The stream below failed. Its end is not TLS's, which is said inside.
  [[nodiscard]] error_code lost() const {
    const error_code& fault = bio_.fault();
    if (fault && fault != asio::error::eof) return fault;
    return asio::ssl::error::stream_truncated;
  }

  Step read_step(asio::mutable_buffer buffer, Transfer& transfer) noexcept {
    int got = 0;
    const Step step = take_step([buffer, &got](SSL* session) {
      got = SSL_read(session, buffer.data(), whole_size(buffer.size()));
      return got;
    });
    transfer.size = static_cast<std::size_t>(std::max(got, 0));
    transfer.error = step.error;
    read_wants_to_write_ = step.wants == Wants::to_write;
    return step;
  }

  Step write_step(asio::const_buffer buffer, Transfer& transfer) noexcept {
    int sent = 0;
    Step step = take_step([buffer, &sent](SSL* session) {
      sent = SSL_write(session, buffer.data(), whole_size(buffer.size()));
      return sent;
    });
    // INVARIANT: who writes never waits to read, beside who reads. There is no renegotiation: only
    // a peer that sends a message of the handshake in pieces would have it so, and is given up.
    if (step.wants == Wants::to_read) {
      step.wants = Wants::nothing;
      step.error = asio::ssl::error::unexpected_result;
    }
    transfer.size = static_cast<std::size_t>(std::max(sent, 0));
    transfer.error = step.error;
    return step;
  }

  asio::awaitable<error_code> wait_for(Wants wants) {
    bio_.look_again();
    if (wants == Wants::to_read && bio_.take_pause()) return step_aside();
    turn_.waited();
    return wants == Wants::to_write ? under_.writable() : under_.readable();
  }

  asio::awaitable<error_code> step_aside() {
    co_await turn_.yield();
    co_return error_code();
  }

  StreamPtr held_;  // what `under_` is, once the handshake is over
  Stream& under_;
  StreamBio bio_;  // INVARIANT: outlives the session, which refers to it
  std::unique_ptr<SSL, FreeSession> session_;
  bool read_wants_to_write_ = false;
  Turn turn_;
};

Handshake fail(Stream& under, HandshakeFault fault) {
  under.close();
  return fault;
}

Handshake finish(std::unique_ptr<TlsStream> stream, StreamPtr& under) {
  stream->adopt(std::move(under));
  return StreamPtr(std::move(stream));
}

// SNI and what the certificate must be for. An address has no SNI (RFC 6066 §3).
bool expect_host(SSL* session, const std::string& host) {
  X509_VERIFY_PARAM* parameters = SSL_get0_param(session);
  in6_addr scratch{};
  if (::inet_pton(AF_INET, host.c_str(), &scratch) == 1 ||
      ::inet_pton(AF_INET6, host.c_str(), &scratch) == 1) {
    return X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) == 1;
  }
  SSL_set_hostflags(session,
                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  // OpenSSL's macro for the SNI holds an old-style cast.
  std::string name = host;
  const bool has_sni =
      SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
  // An empty name would switch the check off.
  return has_sni && !host.empty() && SSL_set1_host(session, host.c_str()) == 1;
}

}  // namespace

asio::awaitable<Handshake> accept_tls(StreamPtr& under, const tls::ContextPtr& context,
                                      std::string_view already_read) {
  auto stream = std::make_unique<TlsStream>(*under, context, already_read);
  if (stream->session() == nullptr) {
    co_return fail(*under, explain_accept(last_tls_error(), nullptr));
  }
  SSL_set_accept_state(stream->session());
  const error_code error = co_await stream->handshake();
  if (error) co_return fail(*under, explain_accept(error, stream->session()));
  stream->acknowledge_now();
  co_return finish(std::move(stream), under);
}

asio::awaitable<Handshake> connect_tls(StreamPtr& under, const tls::ContextPtr& context,
                                       std::string host) {
  auto stream = std::make_unique<TlsStream>(*under, context, std::string_view());
  if (stream->session() == nullptr || !expect_host(stream->session(), host)) {
    co_return fail(*under, explain_accept(last_tls_error(), nullptr));
  }
  SSL_set_connect_state(stream->session());
  tls::offer_session(stream->session(), host);
  std::optional<CertificateNote> note(stream->session());
  const error_code error = co_await stream->handshake();
  const std::string names = note->names();
  note.reset();  // before the session can go
  if (error) co_return fail(*under, explain_connect(error, stream->session(), names, host));
  co_return finish(std::move(stream), under);
}

tls::ClientProof read_client_proof(Stream& stream, tls::Clock::time_point begun) {
  auto* secure = dynamic_cast<TlsStream*>(&stream);
  if (secure == nullptr) return {};
  return tls::read_client_proof(secure->session(), begun);
}

}  // namespace ssmgate::net
