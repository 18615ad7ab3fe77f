// What a TLS listener's files must be. Handshakes with client certificates are in tests/e2e.
#include <doctest/doctest.h>

#include <openssl/pem.h>

#include "proxy/tls/pki.hpp"
#include "tls/listener_context.hpp"
#include "tls/shown_name.hpp"

using namespace ssmgate;
using namespace ssmgate::test;
using namespace ssmgate::tls;

namespace {

std::string key_pem(EVP_PKEY* key, const EVP_CIPHER* cipher = nullptr) {
  const BioPtr memory(BIO_new(BIO_s_mem()));
  char password[] = "password";
  REQUIRE(PEM_write_bio_PrivateKey(memory.get(), key, cipher, nullptr, 0, nullptr,
                                   cipher == nullptr ? nullptr : password) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

struct Fixture {
  TemporaryFolder folder;
  Signer company = make_test_root();
  KeyPtr key = make_key();
  ListenerFiles files;

  Fixture() {
    files.certificate = folder / "server.pem";
    files.key = folder / "server.key";
    show("DNS:gate.example.test,IP:192.0.2.7");
    write_file(files.key, key_pem(key.get()));
  }
  void show(const std::string& names) {
    const auto leaf = forge(company, names, {}, key.get());
    write_file(files.certificate, to_pem(leaf.get()) + to_pem(company.certificate.get()), 0644);
  }
  [[nodiscard]] std::string fault(Clock::time_point now = Clock::now()) const {
    auto made = make_listener_context(files, now);
    if (auto* found = std::get_if<AuthorityFault>(&made)) return found->text;
    CHECK(std::get<ContextPtr>(made) != nullptr);
    return {};
  }
  void check_fault(std::string_view words) const {
    const std::string text = fault();
    CAPTURE(text);
    CHECK(text.find(words) != std::string::npos);
  }
};

}  // namespace

TEST_CASE("a certificate with those above it and its key make a context") {
  const Fixture f;
  auto made = make_listener_context(f.files, Clock::now());
  REQUIRE(std::holds_alternative<ContextPtr>(made));
  const auto& context = std::get<ContextPtr>(made);
  CHECK(chain_of(context).size() == 1);
  CHECK(SSL_CTX_get_min_proto_version(context.get()) == TLS1_2_VERSION);
  CHECK(SSL_CTX_get_verify_mode(context.get()) == SSL_VERIFY_NONE);
}

TEST_CASE("a listener's key must be its own and nobody else's to read") {
  Fixture f;
  write_file(f.folder / "open.key", key_pem(f.key.get()), 0640);
  f.files.key = f.folder / "open.key";
  f.check_fault("can be reached by others");
  write_file(f.folder / "other.key", key_pem(make_key().get()));
  f.files.key = f.folder / "other.key";
  f.check_fault("is not the key of the first certificate");
  write_file(f.folder / "locked.key", key_pem(f.key.get(), EVP_aes_128_cbc()));
  f.files.key = f.folder / "locked.key";
  f.check_fault("without a password");
  f.files.key = f.folder / "none.key";
  f.check_fault("cannot read");
}

TEST_CASE("a certificate that is none or has expired is a fault") {
  Fixture f;
  CHECK(f.fault(Clock::now() + std::chrono::hours(24 * 400)).find("has expired") !=
        std::string::npos);
  write_file(f.folder / "empty.pem", "nothing\n");
  f.files.certificate = f.folder / "empty.pem";
  f.check_fault("holds no PEM certificate");
}

TEST_CASE("client authorities and revocation lists must be readable and something") {
  Fixture f;
  write_file(f.folder / "clients.pem", to_pem(f.company.certificate.get()));
  f.files.client_ca = f.folder / "clients.pem";
  auto made = make_listener_context(f.files, Clock::now());
  REQUIRE(std::holds_alternative<ContextPtr>(made));
  CHECK(SSL_CTX_get_verify_mode(std::get<ContextPtr>(made).get()) ==
        (SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT));
  write_file(f.folder / "empty.pem", "");
  f.files.crl = f.folder / "empty.pem";
  f.check_fault("holds no PEM revocation list");
  write_file(f.folder / "broken.pem", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n");
  f.files.crl = f.folder / "broken.pem";
  f.check_fault("cannot be read, number 1");
  f.files.crl = f.folder / "none.pem";
  f.check_fault("cannot read");
  f.files.crl.reset();
  f.files.client_ca = f.folder / "empty.pem";
  f.check_fault("holds no PEM certificate");
}

TEST_CASE("a listener is shown by its address where the certificate is for it else by name") {
  Fixture f;
  const auto name_for = [&](const std::string& address) {
    auto found = find_shown_name(f.files.certificate, address);
    if (auto* fault = std::get_if<AuthorityFault>(&found)) return "fault: " + fault->text;
    // The test's root stands in the file behind the leaf.
    CHECK(std::get<ShownName>(found).roots_pem == to_pem(f.company.certificate.get()));
    return std::get<ShownName>(found).name;
  };
  CHECK(name_for("192.0.2.7") == "192.0.2.7");
  CHECK(name_for("127.0.0.1") == "gate.example.test");
  f.show("DNS:*.example.test,DNS:gate.example.test");
  CHECK(name_for("127.0.0.1") == "gate.example.test");
  f.show("DNS:*.example.test");
  CHECK(name_for("127.0.0.1").find("fault: ") == 0);
}
