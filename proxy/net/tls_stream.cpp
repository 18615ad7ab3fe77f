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

namespace ssmgate::net {
namespace {

using Socket = asio::ip::tcp::socket;

// Refers to the socket of the plain stream, which stays where it is.
using Layered = asio::ssl::stream<Socket&>;

// Starts an orderly end that does not wait for the peer's. Asio's shutdown calls SSL_shutdown a
// second time, which reads; told that the peer's close_notify is there already, OpenSSL is content
// with having sent ours. The first call happens inside the initiation, so that the truth is
// restored before any other operation can look.
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

class TlsStream final : public Stream {
 public:
  // Takes `session`.
  TlsStream(Socket& socket, SSL* session) : socket_(socket), layered_(socket, session) {}

  [[nodiscard]] Layered& layered() { return layered_; }
  [[nodiscard]] SSL* session() { return layered_.native_handle(); }

  // After the handshake: the plain stream is this one's from here on.
  [[nodiscard]] error_code adopt(StreamPtr plain) {
    plain_ = std::move(plain);
    error_code error;
    socket_.non_blocking(true, error);  // for `is_quiet`, which must not wait
    return error;
  }

  asio::awaitable<Transfer> read_some(asio::mutable_buffer buffer) override {
    return read_from(layered_, buffer);
  }
  asio::awaitable<Transfer> write(asio::const_buffer buffer) override {
    return write_to(layered_, buffer);
  }

  asio::awaitable<error_code> finish_writing() override {
    if (!socket_.is_open()) co_return asio::error::bad_descriptor;
    BeginShutdown begin = begin_shutdown();
    auto ended = asio::async_initiate<decltype(kAwait), void(error_code)>(begin, kAwait);
    const auto [error] = co_await std::move(ended);
    const error_code finished = end_sending(socket_);
    co_return pick(error, finished);
  }

  void close() noexcept override {
    error_code ignored;
    socket_.close(ignored);
  }

  // What is on the wire may be a session ticket, which TLS 1.3 servers send when they like and
  // which is no news: a read without waiting lets OpenSSL take those in, and finds nothing more.
  bool is_quiet() noexcept override {
    if (!socket_.is_open() || SSL_get_shutdown(session()) != 0) return false;
    char byte = 0;
    error_code error;
    layered_.read_some(asio::buffer(&byte, 1), error);
    return error == asio::error::would_block;
  }

  asio::awaitable<bool> readable_within(std::chrono::milliseconds limit) override {
    if (SSL_has_pending(session()) != 0) co_return true;
    co_return co_await wait_readable(socket_, limit);
  }

 private:
  BeginShutdown begin_shutdown() { return BeginShutdown{layered_}; }
  static error_code pick(const error_code& first, const error_code& second) {
    return first ? first : second;
  }

  StreamPtr plain_;  // INVARIANT: outlives `layered_`, which refers to its socket
  Socket& socket_;
  Layered layered_;
};

// Null: out of memory, or the context has no use of it.
std::unique_ptr<TlsStream> make_stream(Socket& socket, const tls::ContextPtr& context) {
  SSL* session = SSL_new(context.get());
  if (session == nullptr) return nullptr;
  return std::make_unique<TlsStream>(socket, session);
}

error_code last_tls_error() {
  const auto code = static_cast<int>(ERR_get_error());
  ERR_clear_error();
  return {code, asio::error::get_ssl_category()};
}

Handshake fail(Stream& plain, HandshakeFault fault) {
  plain.close();
  return fault;
}

Handshake finish(std::unique_ptr<TlsStream> stream, StreamPtr& plain) {
  const error_code error = stream->adopt(std::move(plain));
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

}  // namespace

asio::awaitable<Handshake> accept_tls(StreamPtr& plain, const tls::ContextPtr& context,
                                      std::string_view already_read) {
  auto stream = make_stream(socket_of(*plain), context);
  if (stream == nullptr) co_return fail(*plain, explain_accept(last_tls_error()));
  // What follows the hello in `already_read` is kept by the engine until it is wanted.
  const asio::const_buffer hello(already_read.data(), already_read.size());
  constexpr auto side = asio::ssl::stream_base::server;
  const auto [error, used] = co_await stream->layered().async_handshake(side, hello, kAwait);
  if (error) co_return fail(*plain, explain_accept(error));
  co_return finish(std::move(stream), plain);
}

asio::awaitable<Handshake> connect_tls(StreamPtr& plain, const tls::ContextPtr& context,
                                       std::string host) {
  auto stream = make_stream(socket_of(*plain), context);
  if (stream == nullptr || !expect_host(stream->session(), host)) {
    co_return fail(*plain, explain_accept(last_tls_error()));
  }
  std::optional<CertificateNote> note(stream->session());
  constexpr auto side = asio::ssl::stream_base::client;
  const auto [error] = co_await stream->layered().async_handshake(side, kAwait);
  const std::string names = note->names();
  note.reset();  // before the session can go
  if (error) co_return fail(*plain, explain_connect(error, stream->session(), names, host));
  co_return finish(std::move(stream), plain);
}

}  // namespace ssmgate::net
