// TLS inside TLS, both sides ours: what an intercepted host behind a TLS listener is.
#include <doctest/doctest.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>

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

// Two plain ends on one loop.
std::pair<StreamPtr, StreamPtr> connect_pair(asio::io_context& io) {
  Tcp::acceptor acceptor(io, Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  Tcp::socket near(io);
  near.connect(acceptor.local_endpoint());
  Tcp::socket far = acceptor.accept();
  return {net::make_plain_stream(std::move(near)), net::make_plain_stream(std::move(far))};
}

struct Nested {
  asio::io_context io;
  tls::Signer root = make_test_root();
  tls::KeyPtr key = tls::make_key();
  tls::CertificatePtr leaf = forge(root, std::string("DNS:") + kHost, {}, key.get());
  tls::ContextPtr client_context = trust(root.certificate.get());
  tls::ContextPtr server_context = serve(leaf.get(), key.get());
  StreamPtr client;
  StreamPtr server;

  Nested() {
    std::tie(client, server) = connect_pair(io);
    add_layer();
    add_layer();
  }

  void add_layer() {
    auto accepted = start(io, net::accept_tls(server, server_context, {}));
    auto connected = start(io, net::connect_tls(client, client_context, kHost));
    run_until(io, [&] { return accepted->has_value() && connected->has_value(); });
    REQUIRE(std::holds_alternative<StreamPtr>(**accepted));
    REQUIRE(std::holds_alternative<StreamPtr>(**connected));
    server = std::move(std::get<StreamPtr>(**accepted));
    client = std::move(std::get<StreamPtr>(**connected));
  }

  Transfer read(StreamPtr& stream, std::string& text) {
    text.assign(1 << 16, '\0');
    const Transfer got = run(io, stream->read_some(asio::buffer(text)));
    text.resize(got.size);
    return got;
  }
};

}  // namespace

TEST_CASE("bytes pass both ways through two layers at once") {
  Nested nested;
  const std::string up(300'000, 'u');
  const std::string down(400'000, 'd');
  auto sent_up = start(nested.io, nested.client->write(asio::buffer(up)));
  auto sent_down = start(nested.io, nested.server->write(asio::buffer(down)));
  std::string at_server;
  std::string at_client;
  while (at_server.size() < up.size() || at_client.size() < down.size()) {
    std::string part;
    if (at_server.size() < up.size()) {
      REQUIRE_FALSE(nested.read(nested.server, part).error);
      at_server += part;
    }
    if (at_client.size() < down.size()) {
      REQUIRE_FALSE(nested.read(nested.client, part).error);
      at_client += part;
    }
  }
  run_until(nested.io, [&] { return sent_up->has_value() && sent_down->has_value(); });
  CHECK(at_server == up);
  CHECK(at_client == down);
}

// What TLS below holds is not on the socket, where it would be waited for.
TEST_CASE("records that came at once through two layers are all read") {
  for (const std::size_t size : {std::size_t{1}, std::size_t{16384}}) {
    CAPTURE(size);
    Nested nested;
    for (const char* text : {"one", "two", "three"}) {
      const std::string part(size, text[0]);
      REQUIRE(run(nested.io, nested.client->write(asio::buffer(part))).size == size);
    }
    std::string got;
    while (got.size() < 3 * size) {
      std::string part;
      REQUIRE_FALSE(nested.read(nested.server, part).error);
      got += part;
    }
    CHECK(got == std::string(size, 'o') + std::string(2 * size, 't'));
  }
}

TEST_CASE("an end behind data through two layers is seen without waiting") {
  Nested nested;
  run(nested.io, nested.client->write(asio::buffer("ab", 2)));
  CHECK_FALSE(run(nested.io, nested.client->finish_writing()));
  std::string text;
  CHECK(nested.read(nested.server, text).size == 2);
  CHECK_FALSE(nested.server->is_quiet());
}

TEST_CASE("why an inner handshake failed is not lost in the outer layer") {
  Nested nested;
  const tls::Signer stranger = make_test_root();
  const tls::ContextPtr other = trust(stranger.certificate.get());
  auto accepted = start(nested.io, net::accept_tls(nested.server, nested.server_context, {}));
  auto connected = start(nested.io, net::connect_tls(nested.client, other, kHost));
  run_until(nested.io, [&] { return accepted->has_value() && connected->has_value(); });
  const auto* fault = std::get_if<net::HandshakeFault>(&**connected);
  REQUIRE(fault != nullptr);
  CHECK(fault->certificate);
  CHECK(std::holds_alternative<net::HandshakeFault>(**accepted));
}

TEST_CASE("an end of the inner layer is an orderly end and the other direction goes on") {
  Nested nested;
  CHECK_FALSE(run(nested.io, nested.client->finish_writing()));
  std::string text;
  CHECK(nested.read(nested.server, text).error == asio::error::eof);
  run(nested.io, nested.server->write(asio::buffer("late", 4)));
  CHECK_FALSE(nested.read(nested.client, text).error);
  CHECK(text == "late");
}

TEST_CASE("closing the inner layer ends a read that is under way") {
  Nested nested;
  std::string text(100, '\0');
  auto reading = start(nested.io, nested.server->read_some(asio::buffer(text)));
  settle(nested.io);
  nested.server->close();
  run_until(nested.io, [&] { return reading->has_value(); });
  CHECK((**reading).error);
}

TEST_CASE("two layers are quiet until something comes and readable from then on") {
  Nested nested;
  CHECK(nested.server->is_quiet());
  CHECK_FALSE(is_readable_within(nested.io, *nested.server, std::chrono::milliseconds(1)));
  run(nested.io, nested.client->write(asio::buffer("ab", 2)));
  CHECK(is_readable_within(nested.io, *nested.server, std::chrono::seconds(20)));
  std::string text(1, '\0');
  CHECK_FALSE(run(nested.io, nested.server->read_some(asio::buffer(text))).error);
  // The second byte is in OpenSSL's hands already.
  CHECK(is_readable_within(nested.io, *nested.server, std::chrono::milliseconds(1)));
  CHECK_FALSE(nested.server->is_quiet());
}
