// TLS sessions that are resumed with an upstream: once each, of one host, of one context.
#include <doctest/doctest.h>

#include "net/tls_stream.hpp"
#include "proxy/net/blocking_tls.hpp"
#include "proxy/net/loop.hpp"
#include "tls/session_cache.hpp"

using namespace ssmgate;
using namespace ssmgate::test;
using net::Handshake;
using net::StreamPtr;

namespace {

constexpr const char* kHost = "ssm.us-east-1.amazonaws.com";
constexpr const char* kOther = "ssm.eu-west-1.amazonaws.com";

struct Fixture {
  asio::io_context io;
  tls::Signer root = make_test_root();
  tls::KeyPtr key = tls::make_key();
  tls::CertificatePtr leaf =
      forge(root, std::string("DNS:") + kHost + ",DNS:" + kOther, {}, key.get());
  tls::ContextPtr server = serve(leaf.get(), key.get());
  tls::ContextPtr client = resuming();

  tls::ContextPtr resuming() {
    tls::ContextPtr context = trust(root.certificate.get());
    REQUIRE(tls::enable_resumption(context.get()));
    return context;
  }

  // One connection that carries a byte each way, so that tickets have come. True: it was resumed.
  bool connect(const tls::ContextPtr& context, const char* host = kHost) {
    Ends ends = connect_ends(io);
    bool resumed = false;
    Peer peer([&] {
      BlockingTls tls(ends.theirs, server.get());
      if (!tls.accept()) return;
      resumed = SSL_session_reused(tls.session()) == 1;
      tls.write("x");
      tls.read_end();
    });
    auto handshake = run(io, net::connect_tls(ends.ours, context, host));
    REQUIRE(std::holds_alternative<StreamPtr>(handshake));
    StreamPtr stream = std::move(std::get<StreamPtr>(handshake));
    char byte = 0;
    CHECK(run(io, stream->read_some(asio::buffer(&byte, 1))).size == 1);
    stream->close();
    peer.join();
    return resumed;
  }
};

}  // namespace

TEST_CASE("the second connection to a host is resumed in TLS 1_3 and 1_2") {
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    Fixture f;
    SSL_CTX_set_max_proto_version(f.server.get(), version);
    CHECK_FALSE(f.connect(f.client));
    CHECK(f.connect(f.client));
    CHECK(f.connect(f.client));
  }
}

TEST_CASE("a session is no other host's and no other context's") {
  Fixture f;
  CHECK_FALSE(f.connect(f.client));
  CHECK_FALSE(f.connect(f.client, kOther));
  CHECK_FALSE(f.connect(f.resuming()));
  CHECK(f.connect(f.client));
  CHECK(f.connect(f.client, kOther));
}

TEST_CASE("a session is used once") {
  Fixture f;
  SSL_CTX_set_num_tickets(f.server.get(), 1);
  CHECK_FALSE(f.connect(f.client));
  SSL_CTX_set_num_tickets(f.server.get(), 0);
  // A server that gives no more: the ticket of the first is taken by the second, the third has
  // none.
  (void)f.connect(f.client);
  CHECK_FALSE(f.connect(f.client));
}

TEST_CASE("sessions are kept by the number and for their time") {
  tls::SessionCache cache;
  const auto now = tls::SessionCache::Clock::now();
  const auto make = [] { return tls::SessionPtr(SSL_SESSION_new()); };
  for (int i = 0; i < 6; ++i) cache.put(kHost, {make(), now + std::chrono::minutes(i)});
  // Four of six are kept; the one that ends now is not given.
  int given = 0;
  while (cache.take(kHost, now + std::chrono::minutes(2)).session) ++given;
  CHECK(given == 3);
  for (int i = 0; i < 70; ++i) {
    cache.put("h" + std::to_string(i), {make(), now + std::chrono::minutes(1)});
  }
  CHECK_FALSE(cache.take("h5", now).session);
  CHECK(cache.take("h6", now).session);
  CHECK(cache.take("h69", now).session);
  CHECK_FALSE(cache.take("h69", now).session);
}
