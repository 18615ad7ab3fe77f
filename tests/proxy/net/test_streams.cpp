// What every stream promises, plain and TLS; and what TLS adds: orderly ends, late tickets,
// records.
#include <doctest/doctest.h>

#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include "net/tls_stream.hpp"
#include "proxy/net/blocking_tls.hpp"
#include "proxy/net/loop.hpp"

using namespace ssmgate;
using namespace ssmgate::test;
using net::Handshake;
using net::StreamPtr;
using net::Transfer;

namespace {

constexpr const char* kHost = "ssm.us-east-1.amazonaws.com";

// Our side is the client, as towards an upstream; the peer's commands run here, one by one.
struct Secure {
  asio::io_context io;
  Ends ends = connect_ends(io);
  int descriptor = ends.socket().native_handle();
  tls::Signer root = make_test_root();
  tls::KeyPtr key = tls::make_key();
  tls::CertificatePtr leaf = forge(root, std::string("DNS:") + kHost, {}, key.get());
  tls::ContextPtr client = trust(root.certificate.get());
  tls::ContextPtr server = serve(leaf.get(), key.get());
  std::unique_ptr<BlockingTls> peer;
  StreamPtr ours;

  explicit Secure(int version = TLS1_3_VERSION) {
    SSL_CTX_set_num_tickets(server.get(), 0);
    SSL_CTX_set_max_proto_version(server.get(), version);
    peer = std::make_unique<BlockingTls>(ends.theirs, server.get());
    Peer accepting([this] { peer->accept(); });
    auto result = run(io, net::connect_tls(ends.ours, client, kHost));
    accepting.join();
    REQUIRE(std::holds_alternative<StreamPtr>(result));
    ours = std::move(std::get<StreamPtr>(result));
  }
  [[nodiscard]] bool quiet_after_arrival() {
    wait_readable(descriptor);
    return ours->is_quiet();
  }
  Transfer read(std::string& text) {
    text.assign(16384, '\0');
    const Transfer got = run(io, ours->read_some(asio::buffer(text)));
    text.resize(got.size);
    return got;
  }
};

void send_ticket(BlockingTls& peer) {
  REQUIRE(SSL_new_session_ticket(peer.session()) == 1);
  REQUIRE(SSL_do_handshake(peer.session()) == 1);
}

// What `work` makes the peer write, in one piece.
void send_at_once(BlockingTls& peer, const std::function<void()>& work) {
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set0_wbio(peer.session(), out);
  work();
  const char* data = nullptr;
  const auto size = static_cast<std::size_t>(BIO_get_mem_data(out, &data));
  REQUIRE(::send(peer.descriptor(), data, size, 0) == static_cast<ssize_t>(size));
}

}  // namespace

TEST_CASE("a stream that got data or an end is not quiet") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    Secure data(version);
    CHECK(data.ours->is_quiet());
    data.peer->write("x");
    CHECK_FALSE(data.quiet_after_arrival());

    Secure notify(version);
    SSL_shutdown(notify.peer->session());
    CHECK_FALSE(notify.quiet_after_arrival());

    Secure cut(version);
    ::shutdown(cut.peer->descriptor(), SHUT_WR);
    CHECK_FALSE(cut.quiet_after_arrival());

    Secure reset(version);
    const linger now{1, 0};
    ::setsockopt(reset.peer->descriptor(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    reset.peer.reset();
    CHECK_FALSE(reset.quiet_after_arrival());

    Secure closed(version);
    closed.ours->close();
    CHECK_FALSE(closed.ours->is_quiet());
    closed.ours->close();

    Secure finished(version);
    CHECK_FALSE(run(finished.io, finished.ours->finish_writing()));
    CHECK_FALSE(finished.ours->is_quiet());
  }
}

TEST_CASE("a session ticket that comes late is no news and nothing is lost by it") {
  Secure s;
  CHECK(s.ours->is_quiet());
  send_ticket(*s.peer);
  CHECK(s.quiet_after_arrival());
  send_ticket(*s.peer);
  send_ticket(*s.peer);
  CHECK(s.quiet_after_arrival());
  s.peer->write("answer");
  std::string text;
  CHECK(s.read(text).size == 6);
  CHECK(text == "answer");
  CHECK(s.ours->is_quiet());
}

TEST_CASE("a stream that is watched hears of a ticket and stays quiet, and of data") {
  Secure s;
  s.ours->keep_watch();
  settle(s.io);
  CHECK(s.ours->has_been_silent());
  CHECK(s.ours->is_quiet());
  send_ticket(*s.peer);
  wait_readable(s.descriptor);
  settle(s.io);
  CHECK_FALSE(s.ours->has_been_silent());
  CHECK(s.ours->is_quiet());
  s.ours->keep_watch();
  s.peer->write("unasked");
  wait_readable(s.descriptor);
  settle(s.io);
  CHECK_FALSE(s.ours->is_quiet());
}

TEST_CASE("a stream whose last read took all is drained, and one that holds a record is not") {
  Secure s;
  send_at_once(*s.peer, [&s] {
    s.peer->write("one");
    s.peer->write("two");
  });
  wait_readable(s.descriptor);
  std::string text(100, '\0');
  CHECK(s.ours->read_now(asio::buffer(text)).size == 3);
  CHECK_FALSE(s.ours->is_drained());
  CHECK(s.ours->read_now(asio::buffer(text)).size == 3);
  CHECK(s.ours->read_now(asio::buffer(text)).error == asio::error::would_block);
  CHECK(s.ours->is_drained());
  s.ours->close();
  CHECK(s.ours->read_now(asio::buffer(text)).error);
}

// Each costs a derivation of keys, and OpenSSL would go on with them in one call for as long as
// they come.
TEST_CASE("a flood of what is no data leaves others their turn, and loses nothing") {
  Secure s;
  send_at_once(*s.peer, [&s] {
    for (int i = 0; i < 5000; ++i) {
      SSL_key_update(s.peer->session(), SSL_KEY_UPDATE_NOT_REQUESTED);
      SSL_do_handshake(s.peer->session());
    }
    s.peer->write("data");
  });
  wait_readable(s.descriptor);
  std::string text(10, '\0');
  CHECK(s.ours->read_now(asio::buffer(text)).error == asio::error::would_block);
  CHECK_FALSE(s.ours->is_drained());
  CHECK(s.read(text).size == 4);
  CHECK(text == "data");
}

TEST_CASE("a stream that was closed says so") {
  Secure s;
  s.ours->keep_watch();
  s.ours->close();
  CHECK_FALSE(s.ours->is_quiet());
  std::string text(10, 'x');
  CHECK(s.ours->read_now(asio::buffer(text)).error == asio::error::operation_aborted);
  CHECK(s.ours->write_now(asio::buffer(text)).error == asio::error::operation_aborted);
}

TEST_CASE("data behind a ticket in one segment is data") {
  Secure s;
  send_at_once(*s.peer, [&s] {
    send_ticket(*s.peer);
    s.peer->write("unasked");
  });
  CHECK_FALSE(s.quiet_after_arrival());
}

TEST_CASE("a ticket behind the answer in one segment leaves the stream quiet") {
  Secure s;
  send_at_once(*s.peer, [&s] {
    s.peer->write("answer");
    send_ticket(*s.peer);
  });
  std::string text;
  CHECK(s.read(text).size == 6);
  CHECK(s.ours->is_quiet());
}

TEST_CASE("the peer's orderly end is told from a cut") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    std::string text;
    Secure orderly(version);
    SSL_shutdown(orderly.peer->session());
    CHECK(orderly.read(text).error == asio::error::eof);
    Secure cut(version);
    ::shutdown(cut.peer->descriptor(), SHUT_WR);
    CHECK(cut.read(text).error == asio::ssl::error::stream_truncated);
  }
}

TEST_CASE("finishing sends the notice and waits for nobody and reading goes on") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    Secure s(version);
    CHECK_FALSE(run(s.io, s.ours->finish_writing()));
    CHECK(s.peer->read_end() == SSL_ERROR_ZERO_RETURN);
    char byte = 0;
    CHECK(::recv(s.peer->descriptor(), &byte, 1, 0) == 0);  // the FIN too
    s.peer->write("late answer");
    std::string text;
    CHECK(s.read(text).size == 11);
    CHECK(text == "late answer");
    SSL_shutdown(s.peer->session());
    CHECK(s.read(text).error == asio::error::eof);
  }
}

TEST_CASE("finishing beside a read that waits disturbs it not") {
  Secure s;
  std::string text(100, '\0');
  const auto reading = start(s.io, s.ours->read_some(asio::buffer(text)));
  settle(s.io);
  CHECK_FALSE(run(s.io, s.ours->finish_writing()));
  CHECK_FALSE(reading->has_value());
  CHECK(s.peer->read_end() == SSL_ERROR_ZERO_RETURN);
  s.peer->write("late");
  run_until(s.io, [&reading] { return reading->has_value(); });
  CHECK_FALSE((*reading)->error);
  CHECK(text.substr(0, (*reading)->size) == "late");
}

TEST_CASE("closing ends a read that waits") {
  Secure s;
  std::string text(100, '\0');
  const auto reading = start(s.io, s.ours->read_some(asio::buffer(text)));
  settle(s.io);
  s.ours->close();
  run_until(s.io, [&reading] { return reading->has_value(); });
  CHECK((*reading)->error == asio::error::operation_aborted);
}

TEST_CASE("a small write is one record") {
  Secure s;
  CHECK(run(s.io, s.ours->write(asio::buffer(std::string(1000, 'a')))).size == 1000);
  std::string raw(20000, '\0');
  const ssize_t size = ::recv(s.peer->descriptor(), raw.data(), raw.size(), 0);
  REQUIRE(size > 1000);
  const auto high = static_cast<std::size_t>(static_cast<unsigned char>(raw[3]));
  const auto low = static_cast<std::size_t>(static_cast<unsigned char>(raw[4]));
  CHECK(raw[0] == 0x17);
  CHECK(high * 256 + low + 5 == static_cast<std::size_t>(size));
}

TEST_CASE("megabytes pass both ways at once") {
  Secure s;
  const std::string up(3000000, 'u');
  const std::string down(3000000, 'd');
  std::string got_up;
  // OpenSSL's objects are not for two threads: the peer reads all, then writes.
  Peer peer([&] {
    got_up = s.peer->read(up.size());
    s.peer->write(down);
  });
  const auto writing = start(s.io, s.ours->write(asio::buffer(up)));
  std::string got_down;
  std::string text;
  while (got_down.size() < down.size()) {
    REQUIRE_FALSE(s.read(text).error);
    got_down += text;
  }
  peer.join();
  run_until(s.io, [&writing] { return writing->has_value(); });
  CHECK((*writing)->size == up.size());
  CHECK(got_up == up);
  CHECK(got_down == down);
}

TEST_CASE("a plain stream reads and writes and ends and can be quiet") {
  asio::io_context io;
  Ends ends = connect_ends(io);
  const int descriptor = ends.socket().native_handle();
  const auto stream = std::move(ends.ours);
  CHECK(stream->is_quiet());
  CHECK(run(io, stream->write(asio::buffer("hello", 5))).size == 5);
  std::string text(100, '\0');
  CHECK(::recv(ends.theirs, text.data(), text.size(), 0) == 5);
  ::send(ends.theirs, "world", 5, 0);
  wait_readable(descriptor);
  CHECK_FALSE(stream->is_quiet());
  CHECK(run(io, stream->read_some(asio::buffer(text))).size == 5);
  CHECK(stream->is_quiet());
  CHECK_FALSE(run(io, stream->finish_writing()));
  CHECK(::recv(ends.theirs, text.data(), text.size(), 0) == 0);
  ::send(ends.theirs, "late", 4, 0);
  CHECK(run(io, stream->read_some(asio::buffer(text))).size == 4);
  ::close(ends.theirs);
  CHECK(run(io, stream->read_some(asio::buffer(text))).error == asio::error::eof);
  CHECK_FALSE(stream->is_quiet());
  stream->close();
  stream->close();
  CHECK_FALSE(stream->is_quiet());
}

TEST_CASE("streams leave no descriptor") {
  { const Secure warm; }
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 3; ++i) {
    const Secure s;
  }
  CHECK(open_descriptors() == before);
}
