// Handshakes of both sides against OpenSSL on a blocking socket: what is refused and in which
// words, and bytes that were read before.
#include <doctest/doctest.h>

#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/error.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "net/tls_stream.hpp"
#include "proxy/net/blocking_tls.hpp"
#include "proxy/net/loop.hpp"

using namespace ssmgate;
using namespace ssmgate::test;
using net::Handshake;
using net::HandshakeFault;
using net::StreamPtr;
using tls::Clock;

namespace {

constexpr const char* kHost = "ssm.us-east-1.amazonaws.com";

// A company's CA, which is free to make the certificates that the constrained one may not.
tls::Signer make_company() {
  tls::Signer made;
  made.key = tls::make_key();
  made.certificate =
      make_company_ca(made.key.get(), "critical,CA:TRUE", "critical,keyCertSign,cRLSign");
  return made;
}

struct Fixture {
  asio::io_context io;
  Ends ends = connect_ends(io);
  tls::Signer company = make_company();
  tls::KeyPtr key = tls::make_key();
  tls::CertificatePtr leaf = forge(company, std::string("DNS:") + kHost, {}, key.get());
  tls::ContextPtr client = trust(company.certificate.get());

  // Our side connects for `host` to a peer that shows `shown`.
  Handshake connect(X509* shown, const std::string& host) {
    const auto server = serve(shown, key.get());
    return connect(server, host);
  }
  Handshake connect(const tls::ContextPtr& server, const std::string& host) {
    const Peer peer([this, &server] {
      BlockingTls tls(ends.theirs, server.get());
      if (!tls.accept()) return;
      const char* name = SSL_get_servername(tls.session(), TLSEXT_NAMETYPE_host_name);
      tls.write(name == nullptr ? "no name" : name);
    });
    return run(io, net::connect_tls(ends.ours, client, host));
  }
  HandshakeFault refused(X509* shown, const std::string& host) {
    return fault_in(connect(shown, host));
  }
  HandshakeFault fault_in(Handshake result) {
    REQUIRE(std::holds_alternative<HandshakeFault>(result));
    REQUIRE(ends.ours != nullptr);
    CHECK_FALSE(ends.socket().is_open());
    return std::get<HandshakeFault>(result);
  }
  std::string read(StreamPtr& stream) {
    std::string text(100, '\0');
    const auto got = run(io, stream->read_some(asio::buffer(text)));
    text.resize(got.size);
    return text;
  }
};

}  // namespace

TEST_CASE("an upstream that shows an expired certificate is refused") {
  Fixture f;
  const auto now = Clock::now();
  const auto expired = tls::make_leaf(f.key.get(), f.company, kHost,
                                      {now - std::chrono::hours(48), now - std::chrono::hours(24)});
  const auto fault = f.refused(expired.get(), kHost);
  CHECK(fault.certificate);
  CHECK(fault.detail == std::string("the certificate of `") + kHost + "` has expired");
}

TEST_CASE("an upstream that signed itself or has an unknown CA is refused") {
  {
    Fixture f;
    const auto own = make_company_ca(f.key.get(), "critical,CA:TRUE", "critical,digitalSignature");
    // The name of the trusted CA with another key: not self-signed in its eyes, but unknown.
    CHECK(f.refused(own.get(), kHost).certificate);
  }
  {
    Fixture f;
    const tls::Signer other = make_test_root();
    const auto leaf = forge(other, std::string("DNS:") + kHost, {}, f.key.get());
    const auto fault = f.refused(leaf.get(), kHost);
    CHECK(fault.certificate);
    CHECK(fault.detail.find("unknown CA; add its root to `upstream.ca_file`") != std::string::npos);
  }
  Fixture f;
  const auto now = Clock::now();
  const auto own = tls::make_root(f.key.get(), "x", ssm_suffixes(),
                                  {now - tls::kBackdate, now + tls::kLeafLife});
  CHECK(f.refused(own.get(), kHost).detail.find("is self-signed") != std::string::npos);
}

TEST_CASE("an upstream with a certificate for another host is refused and named") {
  Fixture f;
  const auto fault = f.refused(f.leaf.get(), "ssm.us-east-2.amazonaws.com");
  CHECK(fault.certificate);
  CHECK(fault.detail == "the certificate is not for `ssm.us-east-2.amazonaws.com` but for `" +
                            std::string(kHost) + "`");
}

TEST_CASE("a wildcard inside a label and a name in the subject are not believed") {
  {
    Fixture f;
    const auto leaf = forge(f.company, "DNS:ss*.us-east-1.amazonaws.com", {}, f.key.get());
    CHECK(f.refused(leaf.get(), kHost).certificate);
  }
  Fixture f;
  const auto leaf = forge(f.company, "", kHost, f.key.get());
  CHECK(f.refused(leaf.get(), kHost).certificate);
}

TEST_CASE("no host to check for is no handshake") {
  Fixture f;
  CHECK(std::holds_alternative<HandshakeFault>(f.connect(f.leaf.get(), "")));
}

TEST_CASE("an upstream below TLS 1.2 is refused in words") {
  Fixture f;
  const auto server = serve(f.leaf.get(), f.key.get());
  SSL_CTX_set_cipher_list(server.get(), "ALL:@SECLEVEL=0");
  SSL_CTX_set_min_proto_version(server.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(server.get(), TLS1_1_VERSION);
  const auto fault = f.fault_in(f.connect(server, kHost));
  CHECK_FALSE(fault.certificate);
  CHECK(fault.detail == "the upstream speaks no protocol version from TLS 1.2 on");
}

TEST_CASE("an upstream that answers in plain text or hangs up is told apart") {
  {
    Fixture f;
    const std::string answer = "HTTP/1.1 400 Bad Request\r\n\r\n";
    ::send(f.ends.theirs, answer.data(), answer.size(), 0);
    const auto fault = f.fault_in(run(f.io, net::connect_tls(f.ends.ours, f.client, kHost)));
    CHECK(fault.detail == "the upstream did not speak TLS");
    ::close(f.ends.theirs);
  }
  Fixture f;
  ::shutdown(f.ends.theirs, SHUT_WR);
  const auto fault = f.fault_in(run(f.io, net::connect_tls(f.ends.ours, f.client, kHost)));
  CHECK(fault.detail == "the upstream closed the connection in the tls handshake");
  ::close(f.ends.theirs);
}

TEST_CASE("a verified upstream is told the name that was asked for") {
  Fixture f;
  auto result = f.connect(f.leaf.get(), kHost);
  REQUIRE(std::holds_alternative<StreamPtr>(result));
  CHECK(f.read(std::get<StreamPtr>(result)) == kHost);
}

TEST_CASE("an address is verified as an address and sent as no name") {
  Fixture f;
  const auto leaf = forge(f.company, "IP:127.0.0.1", {}, f.key.get());
  auto result = f.connect(leaf.get(), "127.0.0.1");
  REQUIRE(std::holds_alternative<StreamPtr>(result));
  CHECK(f.read(std::get<StreamPtr>(result)) == "no name");
  Fixture g;
  const auto name = forge(g.company, "DNS:127.0.0.1", {}, g.key.get());
  CHECK(g.refused(name.get(), "127.0.0.1").certificate);
}

TEST_CASE("a socket that is closed in the handshake ends it") {
  Fixture f;
  const auto outcome = start(f.io, net::connect_tls(f.ends.ours, f.client, kHost));
  settle(f.io);
  f.ends.ours->close();
  run_until(f.io, [&outcome] { return outcome->has_value(); });
  REQUIRE(std::holds_alternative<HandshakeFault>(**outcome));
  CHECK(std::get<HandshakeFault>(**outcome).error == asio::error::operation_aborted);
  ::close(f.ends.theirs);
}

TEST_CASE("a client whose clock is behind is told so") {
  Fixture f;
  X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(f.client.get()), 1);
  const auto server = serve(f.leaf.get(), f.key.get());
  const Peer peer([&f] { BlockingTls(f.ends.theirs, f.client.get()).connect(kHost); });
  const auto fault = f.fault_in(run(f.io, net::accept_tls(f.ends.ours, server, {})));
  CHECK(fault.detail.find("its clock is over an hour behind") != std::string::npos);
  CHECK(fault.distrusted);
}

TEST_CASE("a client that does not trust us or speaks no TLS is told apart") {
  {
    Fixture f;
    const auto distrust = trust(make_test_root().certificate.get());
    const auto server = serve(f.leaf.get(), f.key.get());
    const Peer peer([&f, &distrust] { BlockingTls(f.ends.theirs, distrust.get()).connect(kHost); });
    const auto fault = f.fault_in(run(f.io, net::accept_tls(f.ends.ours, server, {})));
    CHECK(fault.detail.find("does not trust the gateway's CA") != std::string::npos);
    CHECK(fault.by_peer);
  }
  Fixture f;
  const auto server = serve(f.leaf.get(), f.key.get());
  const auto fault =
      f.fault_in(run(f.io, net::accept_tls(f.ends.ours, server, "GET / HTTP/1.1\r\n\r\n")));
  CHECK(fault.detail == "the client sent a plain HTTP request where TLS is spoken");
  CHECK_FALSE(fault.by_peer);
  ::close(f.ends.theirs);
}

TEST_CASE("a client that hangs up in the handshake ended it") {
  Fixture f;
  const auto server = serve(f.leaf.get(), f.key.get());
  ::close(f.ends.theirs);
  CHECK(f.fault_in(run(f.io, net::accept_tls(f.ends.ours, server, "\x16\x03\x01"))).by_peer);
}

TEST_CASE("a hello that was read before in part or whole is not lost") {
  for (const std::size_t read_before : {0UL, 1UL, 5UL, 6UL, 100UL, 200UL}) {
    CAPTURE(read_before);
    Fixture f;
    const auto server = serve(f.leaf.get(), f.key.get());
    std::string echoed;
    Peer peer([&f, &echoed] {
      BlockingTls tls(f.ends.theirs, f.client.get());
      if (!tls.connect(kHost)) return;
      tls.write("hello");
      echoed = tls.read(5);
    });
    std::string before(read_before, '\0');
    asio::read(f.ends.socket(), asio::buffer(before));
    auto result = run(f.io, net::accept_tls(f.ends.ours, server, before));
    REQUIRE(std::holds_alternative<StreamPtr>(result));
    auto& stream = std::get<StreamPtr>(result);
    CHECK(f.read(stream) == "hello");
    CHECK(run(f.io, stream->write(asio::buffer("world", 5))).size == 5);
    peer.join();
    CHECK(echoed == "world");
  }
}

TEST_CASE("bytes beyond the hello that were read before are not lost") {
  // A TLS 1.3 client may send change_cipher_spec right behind its hello (RFC 8446 §D.4). Its six
  // bytes are cut: what was read before holds the first ones, the socket the others.
  const std::string record("\x14\x03\x03\x00\x01\x01", 6);
  for (std::size_t kept = 0; kept <= record.size(); ++kept) {
    CAPTURE(kept);
    Fixture f;
    const auto server = serve(f.leaf.get(), f.key.get());
    const Peer peer([&f, &record] {
      BlockingTls tls(f.ends.theirs, f.client.get());
      if (tls.connect_with(kHost, record)) tls.write("hello");
    });
    std::string before(5, '\0');
    asio::read(f.ends.socket(), asio::buffer(before));
    const auto high = static_cast<std::size_t>(static_cast<unsigned char>(before[3]));
    const auto low = static_cast<std::size_t>(static_cast<unsigned char>(before[4]));
    std::string rest(high * 256 + low + kept, '\0');
    asio::read(f.ends.socket(), asio::buffer(rest));
    before += rest;
    auto result = run(f.io, net::accept_tls(f.ends.ours, server, before));
    REQUIRE(std::holds_alternative<StreamPtr>(result));
    CHECK(f.read(std::get<StreamPtr>(result)) == "hello");
  }
}

TEST_CASE("handshakes that fail leave no descriptor") {
  {
    const Fixture warm;
    ::close(warm.ends.theirs);
  }
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 3; ++i) {
    Fixture f;
    CHECK(f.refused(f.leaf.get(), "other.amazonaws.com").certificate);
  }
  CHECK(open_descriptors() == before);
}
