// TLS streams by way of Asio's ssl::stream: handshakes of both sides, and what a Stream can do.
// Does not decide who is trusted (tls/) and does not put failures into words (tls_fault.cpp).
#include "net/tls_stream.hpp"

#include <memory>
#include <optional>
#include <utility>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "net/socket.hpp"
#include "net/tls_fault.hpp"
#include "net/transfer.hpp"
#include "tls/session_cache.hpp"

namespace ssmgate::net {
namespace {

using Socket = asio::ip::tcp::socket;
// TLS over a socket, which stays where it is in the plain stream.
using OverSocket = asio::ssl::stream<Socket&>;
// TLS inside TLS: an intercepted host behind a TLS listener.
using OverTls = asio::ssl::stream<OverSocket&>;

// Starts an orderly end that does not wait for the peer's. Asio's shutdown calls SSL_shutdown a
// second time, which reads; told that the peer's close_notify is there already, OpenSSL is content
// with having sent ours. The first call happens inside the initiation, so that the truth is
// restored before any other operation can look.
template <typename Layered>
struct BeginShutdown {
  Layered& layered;

  template <typename Handler>
  void operator()(Handler&& handler) const {
    SSL* session = layered.native_handle();
    const int before = SSL_get_shutdown(session);
    SSL_set_shutdown(session, before | SSL_RECEIVED_SHUTDOWN);
    layered.async_shutdown(std::forward<Handler>(handler));
    const int sent = SSL_get_shutdown(session) & SSL_SENT_SHUTDOWN;
    SSL_set_shutdown(session, before | sent);
  }
};

// What every TLS stream can be asked, whatever it lies on.
class AnyTlsStream : public Stream {
 public:
  [[nodiscard]] virtual SSL* session() noexcept = 0;
};

template <typename Layered>
class TlsStream final : public AnyTlsStream {
 public:
  // `next` is the layer inside `under`. Takes `session`.
  template <typename Next>
  TlsStream(Stream& under, Next& next, SSL* session) : under_(under), layered_(next, session) {}

  [[nodiscard]] Layered& layered() { return layered_; }
  [[nodiscard]] SSL* session() noexcept override { return layered_.native_handle(); }

  // After the handshake: the stream below is this one's from here on.
  [[nodiscard]] error_code adopt(StreamPtr under) {
    held_ = std::move(under);
    error_code error;
    layered_.lowest_layer().non_blocking(true, error);  // for `is_quiet`, which must not wait
    return error;
  }

  asio::awaitable<Transfer> read_some(asio::mutable_buffer buffer) override {
    return read_from(layered_, buffer);
  }
  asio::awaitable<Transfer> write(asio::const_buffer buffer) override {
    return write_to(layered_, buffer);
  }

  asio::awaitable<error_code> finish_writing() override {
    if (!layered_.lowest_layer().is_open()) co_return asio::error::bad_descriptor;
    BeginShutdown<Layered> begin = begin_shutdown();
    auto ended = asio::async_initiate<decltype(kAwait), void(error_code)>(begin, kAwait);
    const auto [error] = co_await std::move(ended);
    const error_code finished = co_await under_.finish_writing();
    co_return pick(error, finished);
  }

  void close() noexcept override { under_.close(); }

  // What is on the wire may be a session ticket, which TLS 1.3 servers send when they like and
  // which is no news: a read without waiting lets OpenSSL take those in, and finds nothing more.
  bool is_quiet() noexcept override {
    if (!layered_.lowest_layer().is_open() || SSL_get_shutdown(session()) != 0) return false;
    char byte = 0;
    return read_now(asio::buffer(&byte, 1)).error == asio::error::would_block;
  }

  Transfer read_now(asio::mutable_buffer buffer) noexcept override {
    Transfer transfer;
    transfer.size = layered_.read_some(buffer, transfer.error);
    return transfer;
  }

  asio::awaitable<error_code> readable() override { return under_.readable(); }

  // `read_now` has left nothing between the socket and the one who reads.
  void when_readable(const asio::any_io_executor& executor,
                     std::function<void(const error_code&)> ready) override {
    under_.when_readable(executor, std::move(ready));
  }

  void cancel_wait() noexcept override { under_.cancel_wait(); }

  // Bytes of a record that is not whole yet count as readable.
  asio::awaitable<bool> readable_within(std::chrono::milliseconds limit) override {
    const bool waiting =
        SSL_has_pending(session()) != 0 || BIO_ctrl_pending(SSL_get_rbio(session())) != 0;
    if (waiting) co_return true;
    co_return co_await under_.readable_within(limit);
  }

 private:
  BeginShutdown<Layered> begin_shutdown() { return BeginShutdown<Layered>{layered_}; }
  static error_code pick(const error_code& first, const error_code& second) {
    return first ? first : second;
  }

  StreamPtr held_;  // INVARIANT: outlives `layered_`, which refers to a layer inside it
  Stream& under_;
  Layered layered_;
};

// Null: out of memory, or the context has no use of it.
template <typename Layered, typename Next>
std::unique_ptr<TlsStream<Layered>> make_stream(Stream& under, Next& next,
                                                const tls::ContextPtr& context) {
  SSL* session = SSL_new(context.get());
  if (session == nullptr) return nullptr;
  return std::make_unique<TlsStream<Layered>>(under, next, session);
}

error_code last_tls_error() {
  const auto code = static_cast<int>(ERR_get_error());
  ERR_clear_error();
  return {code, asio::error::get_ssl_category()};
}

Handshake fail(Stream& under, HandshakeFault fault) {
  under.close();
  return fault;
}

template <typename Layered>
Handshake finish(std::unique_ptr<TlsStream<Layered>> stream, StreamPtr& under) {
  const error_code error = stream->adopt(std::move(under));
  if (!error) return StreamPtr(std::move(stream));
  stream->close();
  HandshakeFault fault;
  fault.error = error;
  fault.detail = "the connection was lost in the tls handshake";
  return fault;
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

template <typename Layered, typename Next>
asio::awaitable<Handshake> accept_over(StreamPtr& under, Next& next, const tls::ContextPtr& context,
                                       std::string_view already_read) {
  auto stream = make_stream<Layered>(*under, next, context);
  if (stream == nullptr) co_return fail(*under, explain_accept(last_tls_error(), nullptr));
  // What follows the hello in `already_read` is kept by the engine until it is wanted.
  const asio::const_buffer hello(already_read.data(), already_read.size());
  constexpr auto side = asio::ssl::stream_base::server;
  const auto [error, used] = co_await stream->layered().async_handshake(side, hello, kAwait);
  if (error) co_return fail(*under, explain_accept(error, stream->session()));
  acknowledge_now(stream->layered().lowest_layer());
  co_return finish(std::move(stream), under);
}

template <typename Layered, typename Next>
asio::awaitable<Handshake> connect_over(StreamPtr& under, Next& next,
                                        const tls::ContextPtr& context, const std::string& host) {
  auto stream = make_stream<Layered>(*under, next, context);
  if (stream == nullptr || !expect_host(stream->session(), host)) {
    co_return fail(*under, explain_accept(last_tls_error(), nullptr));
  }
  tls::offer_session(stream->session(), host);
  std::optional<CertificateNote> note(stream->session());
  constexpr auto side = asio::ssl::stream_base::client;
  const auto [error] = co_await stream->layered().async_handshake(side, kAwait);
  const std::string names = note->names();
  note.reset();  // before the session can go
  if (error) co_return fail(*under, explain_connect(error, stream->session(), names, host));
  co_return finish(std::move(stream), under);
}

// The TLS layer of a stream that lies on a socket; null for a plain one.
OverSocket* secure_layer(Stream& stream) {
  auto* secure = dynamic_cast<TlsStream<OverSocket>*>(&stream);
  return secure == nullptr ? nullptr : &secure->layered();
}

}  // namespace

asio::awaitable<Handshake> accept_tls(StreamPtr& under, const tls::ContextPtr& context,
                                      std::string_view already_read) {
  if (OverSocket* outer = secure_layer(*under)) {
    return accept_over<OverTls>(under, *outer, context, already_read);
  }
  return accept_over<OverSocket>(under, socket_of(*under), context, already_read);
}

asio::awaitable<Handshake> connect_tls(StreamPtr& under, const tls::ContextPtr& context,
                                       std::string host) {
  if (OverSocket* outer = secure_layer(*under)) {
    co_return co_await connect_over<OverTls>(under, *outer, context, host);
  }
  co_return co_await connect_over<OverSocket>(under, socket_of(*under), context, host);
}

tls::CertificatePtr peer_certificate(Stream& stream) {
  auto* secure = dynamic_cast<AnyTlsStream*>(&stream);
  if (secure == nullptr) return nullptr;
  return tls::CertificatePtr(SSL_get1_peer_certificate(secure->session()));
}

}  // namespace ssmgate::net
