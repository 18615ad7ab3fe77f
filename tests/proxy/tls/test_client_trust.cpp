// How long a client's certificate is good for, and what becomes of it then. Whom a handshake
// refuses is in tests/e2e.
#include "tls/client_trust.hpp"

#include <doctest/doctest.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "proxy/tls/pki.hpp"
#include "tls/server_context.hpp"

using namespace ssmgate;
using namespace ssmgate::test;
using namespace ssmgate::tls;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

struct FreeSession {
  void operator()(SSL* session) const noexcept { SSL_free(session); }
};
using Session = std::unique_ptr<SSL, FreeSession>;

// X.509 knows whole seconds.
Clock::time_point whole_now() {
  return std::chrono::floor<seconds>(Clock::now());
}

Signer make_company() {
  Signer made;
  made.key = make_key();
  made.certificate = make_company_ca(made.key.get(), "critical,CA:TRUE", "keyCertSign,cRLSign");
  return made;
}

// A CA of this name under `root`, until `end`.
Signer make_under(const Signer& root, const char* name, Clock::time_point end) {
  Signer made = make_company();
  X509* own = made.certificate.get();
  const std::unique_ptr<X509_NAME, Free> subject(X509_NAME_new());
  X509_NAME_add_entry_by_txt(subject.get(), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_subject_name(own, subject.get());
  X509_set_issuer_name(own, X509_get_subject_name(root.certificate.get()));
  const int at = X509_get_ext_by_NID(own, NID_authority_key_identifier, -1);
  X509_EXTENSION_free(X509_delete_ext(own, at));
  ASN1_TIME_set(X509_getm_notAfter(own), Clock::to_time_t(end));
  X509_sign(own, root.key.get(), EVP_sha256());
  return made;
}

struct Fixture {
  TemporaryFolder folder;
  Clock::time_point now = whole_now();
  Signer root = make_company();
  Signer issuer;
  KeyPtr key = make_key();
  CertificatePtr shown;
  std::string lists;
  std::filesystem::path authorities = folder / "clients.pem";
  ContextPtr context;

  explicit Fixture(std::chrono::minutes lasts = minutes(600)) {
    issuer = make_under(root, "people", now + lasts);
    shown = forge(issuer, "URI:alice", "alice", key.get(), "clientAuth");
    write_file(authorities, to_pem(root.certificate.get()));
  }

  // A list of `by` from `begin` to `end`, which revokes `certificate`.
  void add_list(const Signer& by, Clock::time_point begin, Clock::time_point end,
                X509* certificate = nullptr) {
    X509_CRL* list = X509_CRL_new();
    X509_CRL_set_version(list, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list, X509_get_subject_name(by.certificate.get()));
    ASN1_TIME* time = ASN1_TIME_set(nullptr, Clock::to_time_t(begin));
    X509_CRL_set1_lastUpdate(list, time);
    ASN1_TIME_set(time, Clock::to_time_t(end));
    X509_CRL_set1_nextUpdate(list, time);
    if (certificate != nullptr) {
      X509_REVOKED* entry = X509_REVOKED_new();
      X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate));
      X509_REVOKED_set_revocationDate(entry, time);
      X509_CRL_add0_revoked(list, entry);
    }
    ASN1_TIME_free(time);
    X509_CRL_sign(list, by.key.get(), EVP_sha256());
    const BioPtr memory(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509_CRL(memory.get(), list);
    X509_CRL_free(list);
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &data);
    lists.append(data, static_cast<std::size_t>(size));
  }

  // A whole handshake in memory with a client that shows `shown` and its issuer.
  ClientProof enter(Clock::time_point begun) {
    const CertificatePtr own = forge(root, "DNS:gate", {}, key.get());
    context = make_server_context(own.get(), key.get(), {});
    std::optional<std::filesystem::path> revocations;
    if (!lists.empty()) {
      write_file(folder / "crl.pem", lists);
      revocations = folder / "crl.pem";
    }
    const auto required = require_client_certificate(context.get(), authorities, revocations);
    REQUIRE(std::holds_alternative<std::monostate>(required));
    const ContextPtr theirs(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    SSL_CTX_use_certificate(theirs.get(), shown.get());
    SSL_CTX_use_PrivateKey(theirs.get(), key.get());
    SSL_CTX_add1_chain_cert(theirs.get(), issuer.certificate.get());
    const Session server(SSL_new(context.get()));
    const Session client(SSL_new(theirs.get()));
    BIO* near = nullptr;
    BIO* far = nullptr;
    REQUIRE(BIO_new_bio_pair(&near, 0, &far, 0) == 1);
    SSL_set_bio(server.get(), near, near);
    SSL_set_bio(client.get(), far, far);
    SSL_set_accept_state(server.get());
    SSL_set_connect_state(client.get());
    for (int i = 0; i < 9 && SSL_is_init_finished(server.get()) == 0; ++i) {
      SSL_do_handshake(client.get());
      SSL_do_handshake(server.get());
    }
    REQUIRE(SSL_is_init_finished(server.get()) == 1);
    return read_client_proof(server.get(), begun);
  }
  [[nodiscard]] Clock::time_point end() const { return lifetime_of(shown.get()).end; }
};

bool is_about(const std::optional<std::string>& why, std::string_view words) {
  CAPTURE(why.value_or("it is good"));
  return why && why->starts_with("the client's certificate `CN=alice` ") &&
         why->find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a certificate is good until it ends and refused from that second on") {
  Fixture f;
  ClientProof proof = f.enter(f.now);
  REQUIRE(proof.certificate != nullptr);
  CHECK(X509_cmp(proof.certificate.get(), f.shown.get()) == 0);
  CHECK(proof.until == f.end());
  CHECK_FALSE(verify_anew(f.context.get(), proof, f.end() - seconds(1)));
  CHECK(proof.until == f.end());
  CHECK(is_about(verify_anew(f.context.get(), proof, f.end()), "has expired"));
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("the ca that signed it may end before it") {
  Fixture f(minutes(5));
  ClientProof proof = f.enter(f.now);
  CHECK(proof.until == f.now + minutes(5));
  CHECK(is_about(verify_anew(f.context.get(), proof, proof.until), "has expired"));
}

TEST_CASE("a certificate without an end is good as long as its ca") {
  Fixture f(minutes(5));
  ASN1_TIME_set_string(X509_getm_notAfter(f.shown.get()), "99991231235959Z");
  X509_sign(f.shown.get(), f.issuer.key.get(), EVP_sha256());
  CHECK(f.enter(f.now).until == f.now + minutes(5));
}

TEST_CASE("a list that ends leaves nobody of its ca in unless there is another") {
  Fixture f;
  f.add_list(f.issuer, f.now - minutes(9), f.now + minutes(5));
  ClientProof proof = f.enter(f.now);
  CHECK(proof.until == f.now + minutes(5));
  CHECK(is_about(verify_anew(f.context.get(), proof, proof.until), "`tls.crl` has expired"));

  f.add_list(f.issuer, f.now - minutes(8), f.now + minutes(7));
  proof = f.enter(f.now);
  CHECK(proof.until == f.now + minutes(5));
  CHECK_FALSE(verify_anew(f.context.get(), proof, proof.until));
  CHECK(proof.until == f.now + minutes(7));
  CHECK(is_about(verify_anew(f.context.get(), proof, proof.until), "`tls.crl` has expired"));
}

TEST_CASE("the list of a ca above ends as well and that of another ca is nothing to it") {
  Fixture f;
  f.add_list(f.issuer, f.now - minutes(9), f.now + minutes(9));
  f.add_list(f.root, f.now - minutes(9), f.now + minutes(4));
  f.add_list(make_under(f.root, "others", f.now + minutes(9)), f.now, f.now + minutes(1));
  ClientProof proof = f.enter(f.now);
  CHECK(proof.until == f.now + minutes(4));
  CHECK(is_about(verify_anew(f.context.get(), proof, proof.until), "`tls.crl` has expired"));
}

TEST_CASE("a list that begins may revoke") {
  Fixture f;
  f.add_list(f.issuer, f.now - minutes(9), f.now + minutes(9));
  f.add_list(f.issuer, f.now + minutes(3), f.now + minutes(20), f.shown.get());
  ClientProof proof = f.enter(f.now);
  CHECK(proof.until == f.now + minutes(3));
  CHECK(is_about(verify_anew(f.context.get(), proof, proof.until), "has been revoked"));
}

TEST_CASE("what ended while the handshake went on is looked at again at once") {
  Fixture f;
  f.add_list(f.issuer, f.now - minutes(9), f.now - minutes(1));
  f.add_list(f.issuer, f.now - minutes(8), f.now + minutes(7));
  CHECK(f.enter(f.now - minutes(2)).until == f.now - minutes(1));
}

TEST_CASE("who shows no certificate has none that could run out") {
  const Fixture f;
  const CertificatePtr own = forge(f.root, "DNS:gate", {}, f.key.get());
  const ContextPtr context = make_server_context(own.get(), f.key.get(), {});
  const Session session(SSL_new(context.get()));
  const ClientProof proof = read_client_proof(session.get(), f.now);
  CHECK(proof.certificate == nullptr);
  CHECK(proof.until == Clock::time_point::max());
}
