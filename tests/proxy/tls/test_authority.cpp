// The authority's certificates: what is in them, how long they last, how they are kept.
#include <doctest/doctest.h>

#include <set>
#include <thread>

#include "proxy/tls/pki.hpp"
#include "tls/constraints.hpp"

using namespace ssmgate;
using namespace ssmgate::test;
using namespace std::chrono_literals;
using tls::Authority;
using tls::AuthorityFault;
using tls::Clock;

namespace {

constexpr const char* kHost = "ssm.us-east-1.amazonaws.com";
constexpr std::chrono::hours kDay{24};

std::unique_ptr<Authority> open_at(const TemporaryFolder& folder, Clock::time_point now) {
  auto opened = Authority::open(folder / "ca.pem", folder / "ca.key", now);
  if (const auto* fault = std::get_if<AuthorityFault>(&opened)) FAIL(fault->text);
  return std::move(std::get<std::unique_ptr<Authority>>(opened));
}

struct Fixture {
  TemporaryFolder folder;
  Clock::time_point now = Clock::now();
  std::unique_ptr<Authority> authority = open_at(folder, now);
  std::string fault;

  tls::ContextPtr context(std::string_view host, Clock::time_point when) {
    auto made = authority->context_for(host, when, fault);
    REQUIRE_MESSAGE(made != nullptr, fault);
    return made;
  }
};

std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  auto* all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; all != nullptr && i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    REQUIRE(name->type == GEN_DNS);
    names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                       static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
  }
  GENERAL_NAMES_free(all);
  return names;
}

bool has_critical(X509* certificate, int nid) {
  const int at = X509_get_ext_by_NID(certificate, nid, -1);
  return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(certificate, at)) == 1;
}

std::string subject_of(X509* certificate) {
  char* text = X509_NAME_oneline(X509_get_subject_name(certificate), nullptr, 0);
  std::string subject = text;
  OPENSSL_free(text);
  return subject;
}

std::string serial_of(X509* certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  CHECK(ASN1_STRING_type(serial) == V_ASN1_INTEGER);  // and not negative
  CHECK(ASN1_STRING_length(serial) == 16);
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)), 16};
}

}  // namespace

TEST_CASE("a strict client accepts the leaf for its host and no other") {
  Fixture f;
  const auto context = f.context(kHost, f.now);
  const auto root = from_pem(f.authority->root_pem());
  REQUIRE(root.size() == 1);
  const auto chain = chain_of(context);
  REQUIRE(chain.size() == 1);
  X509* leaf = leaf_of(context);
  CHECK(verify(leaf, chain, root[0].get(), kHost, f.now) == X509_V_OK);
  CHECK(verify(leaf, chain, root[0].get(), "ssm.us-east-2.amazonaws.com", f.now) ==
        X509_V_ERR_HOSTNAME_MISMATCH);
  CHECK(names_of(leaf) == std::vector<std::string>{kHost});
}

TEST_CASE("a leaf lasts a week at most and is back-dated an hour") {
  Fixture f;
  const auto life = tls::lifetime_of(leaf_of(f.context(kHost, f.now)));
  CHECK(life.end - life.begin <= 7 * kDay);
  CHECK(life.end - f.now > 6 * kDay);
  CHECK(life.begin <= f.now - 59min);
}

TEST_CASE("a leaf says what it is for and nothing else") {
  Fixture f;
  X509* leaf = leaf_of(f.context(kHost, f.now));
  CHECK(X509_get_key_usage(leaf) == KU_DIGITAL_SIGNATURE);
  CHECK(X509_get_extended_key_usage(leaf) == XKU_SSL_SERVER);
  CHECK(X509_check_ca(leaf) == 0);
  CHECK(X509_get0_subject_key_id(leaf) != nullptr);
  CHECK(X509_get0_authority_key_id(leaf) != nullptr);
  CHECK_FALSE(has_critical(leaf, NID_subject_alt_name));
  CHECK(EVP_PKEY_get_base_id(X509_get0_pubkey(leaf)) == EVP_PKEY_EC);
  CHECK(EVP_PKEY_get_bits(X509_get0_pubkey(leaf)) == 256);
}

TEST_CASE("root and intermediate are constrained and critical") {
  Fixture f;
  const auto root = from_pem(f.authority->root_pem());
  const auto context = f.context(kHost, f.now);
  const std::vector<X509*> chain = {chain_of(context).at(0), root.at(0).get()};
  for (X509* ca : chain) {
    CHECK(X509_check_ca(ca) == 1);
    CHECK(has_critical(ca, NID_basic_constraints));
    CHECK(has_critical(ca, NID_key_usage));
    CHECK(has_critical(ca, NID_name_constraints));
    CHECK(X509_get_key_usage(ca) == (KU_KEY_CERT_SIGN | KU_CRL_SIGN));
    CHECK(X509_get0_subject_key_id(ca) != nullptr);
    CHECK(X509_get0_authority_key_id(ca) != nullptr);
  }
  CHECK(X509_get_pathlen(chain[0]) == 0);
  CHECK(X509_get_pathlen(chain[1]) == 1);
  CHECK(X509_NAME_cmp(X509_get_issuer_name(chain[0]), X509_get_subject_name(chain[1])) == 0);
}

TEST_CASE("each intermediate is for one host and for one leaf") {
  Fixture f;
  const std::string other = "ssm.us-east-2.amazonaws.com";
  const auto one = f.context(kHost, f.now);
  const auto two = f.context(other, f.now);
  CHECK(tls::permitted_names(chain_of(one).at(0)) == std::vector<std::string>{kHost});
  CHECK(tls::permitted_names(chain_of(two).at(0)) == std::vector<std::string>{other});
  const auto later = f.context(kHost, f.now + 7 * kDay);
  CHECK(subject_of(chain_of(later).at(0)) != subject_of(chain_of(one).at(0)));
  CHECK(X509_check_issued(chain_of(two).at(0), leaf_of(one)) != X509_V_OK);
}

TEST_CASE("a private host gets a leaf when the CA was made for it") {
  const TemporaryFolder folder;
  const auto now = Clock::now();
  const std::string host = "ssm.example.internal";
  auto opened = Authority::open(folder / "ca.pem", folder / "ca.key", now, {host});
  REQUIRE(std::holds_alternative<std::unique_ptr<Authority>>(opened));
  const auto& authority = *std::get<std::unique_ptr<Authority>>(opened);
  std::string fault;
  auto& mutable_authority = *std::get<std::unique_ptr<Authority>>(opened);
  const auto context = mutable_authority.context_for(host, now, fault);
  REQUIRE(context != nullptr);
  const auto root = from_pem(authority.root_pem());
  CHECK(verify(leaf_of(context), chain_of(context), root[0].get(), host, now) == X509_V_OK);
  CHECK(mutable_authority.context_for("other.example.internal", now, fault) == nullptr);
  const auto usual = mutable_authority.context_for(kHost, now, fault);
  CHECK(verify(leaf_of(usual), chain_of(usual), root[0].get(), kHost, now) == X509_V_OK);
}

TEST_CASE("a CA that was made earlier is refused for a private host and says what to type") {
  const Fixture f;
  const auto opened =
      Authority::open(f.folder / "ca.pem", f.folder / "ca.key", f.now, {"ssm.example.internal"});
  REQUIRE(std::holds_alternative<AuthorityFault>(opened));
  const std::string& text = std::get<AuthorityFault>(opened).text;
  CHECK(text.find("`ssm.example.internal` of `intercept.hosts`") != std::string::npos);
  CHECK(text.find("`ssmgate ca rotate`") != std::string::npos);
}

TEST_CASE("the stolen key of the root signs no foreign name") {
  Fixture f;
  tls::Signer stolen;
  stolen.certificate = std::move(from_pem(f.authority->root_pem()).at(0));
  stolen.key = key_from_pem(read_text(f.folder / "ca.key"));
  const auto forged = forge(stolen, "DNS:www.example.com");
  CHECK(verify(forged.get(), {}, stolen.certificate.get(), "www.example.com", f.now) ==
        X509_V_ERR_PERMITTED_VIOLATION);
}

TEST_CASE("the root names its machine and day and no two are alike") {
  Fixture f;
  const Fixture g;
  const auto one = from_pem(f.authority->root_pem());
  const auto two = from_pem(g.authority->root_pem());
  CHECK(subject_of(one[0].get()).starts_with("/O=ssmgate/CN=ssmgate root for "));
  CHECK(subject_of(one[0].get()) != subject_of(two[0].get()));
  CHECK(f.authority->root_expiry() - f.now > 3640 * kDay);
}

TEST_CASE("a long host has no common name and is still accepted") {
  Fixture f;
  const std::string host = "vpce-0fe5b17a0707d6abc-29p5708s-ap-southeast-1a.ssm.ap-southeast-1." +
                           std::string("vpce.amazonaws.com");
  REQUIRE(host.size() > 64);
  const auto context = f.context(host, f.now);
  CHECK(subject_of(leaf_of(context)) == "/O=ssmgate");
  const auto root = from_pem(f.authority->root_pem());
  CHECK(verify(leaf_of(context), chain_of(context), root[0].get(), host, f.now) == X509_V_OK);
}

TEST_CASE("serial numbers are long and positive and never the same") {
  Fixture f;
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const std::string host = "ssm.r" + std::to_string(i) + ".amazonaws.com";
    seen.insert(serial_of(leaf_of(f.context(host, f.now))));
  }
  CHECK(seen.size() == 200);
}

TEST_CASE("no leaf is made for what is not an SSM endpoint") {
  Fixture f;
  for (const char* host : {"www.example.com", "s3.us-east-1.amazonaws.com",
                           "ssmmessages.us-east-1.amazonaws.com", "", "SSM.us-east-1.amazonaws.com",
                           "ssm.us-east-1.amazonaws.com.", "127.0.0.1", "*.us-east-1.amazonaws.com",
                           "ssm.us-east-1.amazonaws.com,DNS:www.example.com", "amazonaws.com"}) {
    CAPTURE(host);
    f.fault.clear();
    CHECK(f.authority->context_for(host, f.now, f.fault) == nullptr);
    CHECK_FALSE(f.fault.empty());
  }
}

TEST_CASE("a context is kept until the last day of its leaf") {
  Fixture f;
  const auto first = f.context(kHost, f.now);
  CHECK(f.context(kHost, f.now + 5 * kDay) == first);
  const auto later = f.now + 6 * kDay + 1h;
  const auto second = f.context(kHost, later);
  CHECK(second != first);
  CHECK(tls::lifetime_of(leaf_of(second)).end > later + 6 * kDay);
}

TEST_CASE("a clock that is set back makes new certificates") {
  Fixture f;
  const auto ahead = f.context(kHost, f.now + 20 * kDay);
  const auto context = f.context(kHost, f.now);
  CHECK(context != ahead);
  CHECK(tls::lifetime_of(leaf_of(context)).begin <= f.now);
}

TEST_CASE("leaf and intermediate are good on each of a hundred days") {
  Fixture f;
  const auto root = from_pem(f.authority->root_pem());
  for (int day = 0; day < 100; ++day) {
    CAPTURE(day);
    const auto when = f.now + day * kDay;
    const auto context = f.context(kHost, when);
    const auto chain = chain_of(context);
    REQUIRE(chain.size() == 1);
    CHECK(verify(leaf_of(context), chain, root[0].get(), kHost, when) == X509_V_OK);
    CHECK(verify(leaf_of(context), chain, root[0].get(), kHost, when + kDay - 1min) == X509_V_OK);
  }
}

TEST_CASE("nothing outlasts the root and its last hours need no new leaf each time") {
  Fixture f;
  const auto end = f.authority->root_expiry();
  const auto last = end - 3h;
  const auto context = f.context(kHost, last);
  CHECK(tls::lifetime_of(leaf_of(context)).end <= end);
  CHECK(tls::lifetime_of(chain_of(context)[0]).end <= end);
  CHECK(f.context(kHost, last + 1h) == context);
}

TEST_CASE("the least recently used of more than 1024 hosts goes first") {
  Fixture f;
  const auto host = [](int i) { return "ssm.r" + std::to_string(i) + ".api.aws"; };
  std::vector<tls::ContextPtr> contexts;
  for (int i = 0; i < 1024; ++i) contexts.push_back(f.context(host(i), f.now));
  CHECK(f.context(host(0), f.now) == contexts[0]);
  (void)f.context(host(5000), f.now);
  CHECK(f.context(host(0), f.now) == contexts[0]);
  CHECK(f.context(host(2), f.now) == contexts[2]);
  CHECK(f.context(host(1), f.now) != contexts[1]);
}

TEST_CASE("several threads get one context for a host") {
  Fixture f;
  std::vector<tls::ContextPtr> got(8);
  std::vector<std::thread> threads;
  for (auto& slot : got) {
    threads.emplace_back([&f, &slot] {
      std::string fault;
      for (int i = 0; i < 20; ++i) {
        (void)f.authority->context_for("ssm.r" + std::to_string(i) + ".api.aws", f.now, fault);
      }
      slot = f.authority->context_for(kHost, f.now, fault);
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& context : got) CHECK(context == got[0]);
  CHECK(got[0] != nullptr);
}
