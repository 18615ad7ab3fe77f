// What the CA may not sign, as a strict client sees it.
#include <doctest/doctest.h>

#include "proxy/tls/pki.hpp"

using namespace ssmgate;
using namespace ssmgate::test;
using tls::Clock;

namespace {

constexpr const char* kHost = "ssm.us-east-1.amazonaws.com";

struct Ladder {
  tls::Signer root = make_test_root();
  tls::Signer intermediate = make_test_intermediate(root);

  [[nodiscard]] int judge(X509* leaf, const std::string& host) const {
    return verify(leaf, {intermediate.certificate.get()}, root.certificate.get(), host,
                  Clock::now());
  }
};

// A CA below `issuer` that carries no constraints: what a thief of the key would make.
tls::Signer make_free_ca(const tls::Signer& issuer) {
  tls::Signer made;
  made.key = tls::make_key();
  made.certificate.reset(X509_new());
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 815);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer.certificate.get()));
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("free"), -1, -1, 0);
  X509_set_pubkey(certificate, made.key.get());
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer.certificate.get(), certificate, nullptr, nullptr, 0);
  const auto add = [&](int nid, const char* value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    REQUIRE(extension != nullptr);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  };
  add(NID_basic_constraints, "critical,CA:TRUE");
  add(NID_key_usage, "critical,keyCertSign");
  add(NID_subject_key_identifier, "hash");
  add(NID_authority_key_identifier, "keyid");
  X509_sign(certificate, issuer.key.get(), EVP_sha256());
  return made;
}

}  // namespace

TEST_CASE("a leaf for an SSM host is accepted in every partition") {
  const Ladder ladder;
  for (const std::string& suffix : ssm_suffixes()) {
    const std::string host = "ssm.some-region-1." + suffix;
    CAPTURE(host);
    const auto key = tls::make_key();
    const auto life = tls::life_under(ladder.intermediate, Clock::now(), tls::kLeafLife);
    const auto leaf = tls::make_leaf(key.get(), ladder.intermediate, host, life);
    CHECK(ladder.judge(leaf.get(), host) == X509_V_OK);
    CHECK(ladder.judge(leaf.get(), "other.some-region-1." + suffix) ==
          X509_V_ERR_HOSTNAME_MISMATCH);
  }
}

TEST_CASE("the forger of these tests is believed where the constraints allow") {
  const Ladder ladder;
  const auto leaf = forge(ladder.intermediate, std::string("DNS:") + kHost);
  CHECK(ladder.judge(leaf.get(), kHost) == X509_V_OK);
}

TEST_CASE("a forged leaf for a foreign name is refused") {
  const Ladder ladder;
  for (const char* host : {"www.example.com", "amazonaws.com.example.com", "notamazonaws.com",
                           "ssm.us-east-1.amazonaws.com.evil.example", "com", "aws", "localhost"}) {
    CAPTURE(host);
    const auto leaf = forge(ladder.intermediate, std::string("DNS:") + host);
    CHECK(ladder.judge(leaf.get(), host) == X509_V_ERR_PERMITTED_VIOLATION);
    const auto from_root = forge(ladder.root, std::string("DNS:") + host);
    CHECK(verify(from_root.get(), {}, ladder.root.certificate.get(), host, Clock::now()) ==
          X509_V_ERR_PERMITTED_VIOLATION);
  }
}

TEST_CASE("a forged leaf that hides a foreign name behind a good one is refused") {
  const Ladder ladder;
  const std::string good = std::string("DNS:") + kHost;
  CHECK(ladder.judge(forge(ladder.intermediate, good + ",DNS:www.example.com").get(), kHost) ==
        X509_V_ERR_PERMITTED_VIOLATION);
  CHECK(ladder.judge(forge(ladder.intermediate, good + ",IP:10.0.0.1").get(), kHost) ==
        X509_V_ERR_EXCLUDED_VIOLATION);
}

TEST_CASE("a forged leaf for an address is refused") {
  const Ladder ladder;
  CHECK(ladder.judge(forge(ladder.intermediate, "IP:127.0.0.1").get(), "127.0.0.1") ==
        X509_V_ERR_EXCLUDED_VIOLATION);
  CHECK(ladder.judge(forge(ladder.intermediate, "IP:::1").get(), "") ==
        X509_V_ERR_EXCLUDED_VIOLATION);
}

TEST_CASE("a forged leaf with a mailbox or a workload identity is refused") {
  const Ladder ladder;
  CHECK(ladder.judge(forge(ladder.intermediate, "email:root@amazonaws.com").get(), "") ==
        X509_V_ERR_PERMITTED_VIOLATION);
  CHECK(ladder.judge(forge(ladder.intermediate, "URI:spiffe://prod.example/admin").get(), "") ==
        X509_V_ERR_PERMITTED_VIOLATION);
}

TEST_CASE("a forged leaf that names its host in the subject alone is refused") {
  const Ladder ladder;
  const auto leaf = forge(ladder.intermediate, "", "www.example.com");
  CHECK(ladder.judge(leaf.get(), "www.example.com") == X509_V_ERR_PERMITTED_VIOLATION);
}

TEST_CASE("a CA without constraints does not escape those above it") {
  const Ladder ladder;
  const tls::Signer below_root = make_free_ca(ladder.root);
  const auto leaf = forge(below_root, "DNS:www.example.com");
  CHECK(verify(leaf.get(), {below_root.certificate.get()}, ladder.root.certificate.get(),
               "www.example.com", Clock::now()) == X509_V_ERR_PERMITTED_VIOLATION);
  const auto harmless = forge(below_root, std::string("DNS:") + kHost);
  CHECK(verify(harmless.get(), {below_root.certificate.get()}, ladder.root.certificate.get(), kHost,
               Clock::now()) == X509_V_OK);
}

TEST_CASE("no CA may stand below the intermediate") {
  const Ladder ladder;
  const tls::Signer deeper = make_free_ca(ladder.intermediate);
  const auto leaf = forge(deeper, std::string("DNS:") + kHost);
  CHECK(verify(leaf.get(), {deeper.certificate.get(), ladder.intermediate.certificate.get()},
               ladder.root.certificate.get(), kHost,
               Clock::now()) == X509_V_ERR_PATH_LENGTH_EXCEEDED);
}
