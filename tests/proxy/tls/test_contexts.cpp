// What the two contexts agree to: versions, ALPN, verification. Handshakes run in memory.
#include <doctest/doctest.h>

#include <thread>

#include <array>

#include "proxy/tls/pki.hpp"
#include "tls/upstream_context.hpp"

using namespace ssmgate;
using namespace ssmgate::test;
using tls::Authority;
using tls::AuthorityFault;
using tls::Clock;
using tls::ContextPtr;

namespace {

constexpr const char* kHost = "ssm.us-east-1.amazonaws.com";
using Session = std::unique_ptr<SSL, decltype(&SSL_free)>;

struct Pair {
  Session client{nullptr, &SSL_free};
  Session server{nullptr, &SSL_free};
  bool done = false;

  Pair(SSL_CTX* client_context, SSL_CTX* server_context) {
    client.reset(SSL_new(client_context));
    server.reset(SSL_new(server_context));
    BIO* left = nullptr;
    BIO* right = nullptr;
    BIO_new_bio_pair(&left, 0, &right, 0);
    SSL_set_bio(client.get(), left, left);
    SSL_set_bio(server.get(), right, right);
    SSL_set_connect_state(client.get());
    SSL_set_accept_state(server.get());
  }
  std::string run() {
    for (int i = 0; i < 10 && !done; ++i) {
      const int a = SSL_do_handshake(client.get());
      const int b = SSL_do_handshake(server.get());
      done = a == 1 && b == 1;
      const auto failed = [](SSL* session, int result) {
        return result != 1 && SSL_get_error(session, result) == SSL_ERROR_SSL;
      };
      if (failed(client.get(), a) || failed(server.get(), b)) break;
    }
    return done ? std::string() : tls::take_errors();
  }
};

struct Contexts {
  TemporaryFolder folder;
  std::unique_ptr<Authority> authority;
  ContextPtr server;
  ContextPtr client;

  Contexts() {
    auto opened = Authority::open(folder / "ca.pem", folder / "ca.key", Clock::now());
    authority = std::move(std::get<std::unique_ptr<Authority>>(opened));
    std::string fault;
    server = authority->context_for(kHost, Clock::now(), fault);
    auto made = tls::make_upstream_context(folder / "ca.pem");
    client = std::get<ContextPtr>(made);
  }
};

std::string fault_of(const std::filesystem::path& file) {
  const auto made = tls::make_upstream_context(file);
  const auto* fault = std::get_if<AuthorityFault>(&made);
  return fault == nullptr ? std::string() : fault->text;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a client that offers HTTP 2 alone is told that there is no such protocol") {
  const Contexts contexts;
  Pair pair(contexts.client.get(), contexts.server.get());
  SSL_set_alpn_protos(pair.client.get(), reinterpret_cast<const unsigned char*>("\x02h2"), 3);
  CHECK(contains(pair.run(), "no application protocol"));
}

TEST_CASE("a client that offers both gets HTTP 1 and one that offers none gets none") {
  const Contexts contexts;
  {
    Pair pair(contexts.client.get(), contexts.server.get());
    SSL_set_alpn_protos(pair.client.get(),
                        reinterpret_cast<const unsigned char*>("\x02h2\x08http/1.1"), 12);
    CHECK(pair.run().empty());
    const unsigned char* chosen = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(pair.client.get(), &chosen, &size);
    REQUIRE(size == 8);
    CHECK(std::string(reinterpret_cast<const char*>(chosen), size) == "http/1.1");
  }
  Pair pair(contexts.client.get(), contexts.server.get());
  SSL_set_alpn_protos(pair.client.get(), nullptr, 0);
  CHECK(pair.run().empty());
}

TEST_CASE("nothing below TLS 1.2 is spoken on either side") {
  const Contexts contexts;
  SSL_CTX* old = SSL_CTX_new(TLS_method());
  SSL_CTX_set_cipher_list(old, "ALL:@SECLEVEL=0");
  SSL_CTX_set_min_proto_version(old, TLS1_VERSION);
  SSL_CTX_set_max_proto_version(old, TLS1_1_VERSION);
  CHECK_FALSE(Pair(old, contexts.server.get()).run().empty());
  SSL_CTX_use_certificate(old, leaf_of(contexts.server));
  SSL_CTX_use_PrivateKey(old, SSL_CTX_get0_privatekey(contexts.server.get()));
  CHECK_FALSE(Pair(contexts.client.get(), old).run().empty());
  SSL_CTX_free(old);
}

TEST_CASE("both versions from TLS 1.2 on are spoken with forward secrecy") {
  const Contexts contexts;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Pair pair(contexts.client.get(), contexts.server.get());
    SSL_set_max_proto_version(pair.client.get(), version);
    CHECK(pair.run().empty());
    CHECK(SSL_version(pair.client.get()) == version);
    CHECK(SSL_get_verify_result(pair.client.get()) == X509_V_OK);
    const int exchange = SSL_CIPHER_get_kx_nid(SSL_get_current_cipher(pair.client.get()));
    CHECK((exchange == NID_kx_ecdhe || exchange == NID_kx_any));
  }
}

TEST_CASE("nothing is given to a client to come back with") {
  const Contexts contexts;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    Pair pair(contexts.client.get(), contexts.server.get());
    SSL_set_max_proto_version(pair.client.get(), version);
    REQUIRE(pair.run().empty());
    CHECK(SSL_SESSION_is_resumable(SSL_get0_session(pair.client.get())) == 0);
  }
}

TEST_CASE("an upstream under another root is not believed") {
  const Contexts contexts;
  const Contexts other;
  Pair pair(other.client.get(), contexts.server.get());
  CHECK_FALSE(pair.run().empty());
  CHECK(SSL_get_verify_result(pair.client.get()) != X509_V_OK);
}

TEST_CASE("the right root is found among many and by several threads at once") {
  const Contexts contexts;
  std::string bundle;
  for (int i = 0; i < 20; ++i) bundle += tls::to_pem(make_test_root().certificate.get());
  write_file(contexts.folder / "many", bundle + read_text(contexts.folder / "ca.pem") + bundle);
  write_file(contexts.folder / "others", bundle);
  const auto many = std::get<ContextPtr>(tls::make_upstream_context(contexts.folder / "many"));
  const auto others = std::get<ContextPtr>(tls::make_upstream_context(contexts.folder / "others"));
  std::vector<std::string> said(4);
  std::vector<std::thread> threads;
  for (std::string& each : said) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) each += Pair(many.get(), contexts.server.get()).run();
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(said == std::vector<std::string>(4));
  CHECK_FALSE(Pair(others.get(), contexts.server.get()).run().empty());
}

TEST_CASE("two roots of one name are told apart") {
  const Contexts contexts;
  // A root that was renewed: the same name, another key. The one that signed is to be found.
  const auto own = std::move(from_pem(contexts.authority->root_pem()).at(0));
  const auto key = tls::make_key();
  const tls::CertificatePtr twin(X509_dup(own.get()));
  X509_set_pubkey(twin.get(), key.get());
  for (const int nid : {NID_subject_key_identifier, NID_authority_key_identifier}) {
    X509_EXTENSION_free(X509_delete_ext(twin.get(), X509_get_ext_by_NID(twin.get(), nid, -1)));
  }
  X509V3_CTX names;
  X509V3_set_ctx(&names, twin.get(), twin.get(), nullptr, nullptr, 0);
  X509_EXTENSION* identifier =
      X509V3_EXT_conf_nid(nullptr, &names, NID_subject_key_identifier, "hash");
  X509_add_ext(twin.get(), identifier, -1);
  X509_EXTENSION_free(identifier);
  X509_sign(twin.get(), key.get(), EVP_sha256());
  for (const bool first : {true, false}) {
    const std::string a = tls::to_pem(twin.get());
    const std::string b = tls::to_pem(own.get());
    write_file(contexts.folder / "twins", first ? a + b : b + a);
    const auto client = std::get<ContextPtr>(tls::make_upstream_context(contexts.folder / "twins"));
    CHECK(Pair(client.get(), contexts.server.get()).run() == "");
  }
}

TEST_CASE("a bundle that cannot be read whole is refused with a hint") {
  const TemporaryFolder folder;
  const std::string one = tls::to_pem(make_test_root().certificate.get());
  const std::string two = tls::to_pem(make_test_root().certificate.get());
  CHECK(contains(fault_of(folder / "absent"), "no such file"));
  write_file(folder / "empty", "");
  CHECK(contains(fault_of(folder / "empty"), "holds no certificate"));
  write_file(folder / "text", "no PEM here\n");
  CHECK(contains(fault_of(folder / "text"), "holds no certificate"));
  write_file(folder / "cut", one + two.substr(0, two.size() / 2));
  CHECK(contains(fault_of(folder / "cut"), "certificate 2 of"));
  std::string spoilt = one;
  spoilt[spoilt.size() / 2] = '!';
  write_file(folder / "spoilt", two + spoilt);
  CHECK(contains(fault_of(folder / "spoilt"), "certificate 2 of"));
  for (const char* name : {"absent", "empty", "text", "cut", "spoilt"}) {
    const std::string text = fault_of(folder / name);
    CHECK(contains(text, "upstream.ca_file"));
    CHECK(contains(text, (folder / name).string()));
    CHECK_FALSE(contains(text, "\n"));
  }
  const std::string nonsense = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n";
  write_file(folder / "nonsense", one + nonsense);
  CHECK(contains(fault_of(folder / "nonsense"), "certificate 2 of"));
  write_file(folder / "good", "# a comment\n" + one + "\n# another\n" + two + one);
  CHECK(fault_of(folder / "good").empty());
}
