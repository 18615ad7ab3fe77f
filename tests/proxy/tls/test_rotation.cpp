// Each step of a rotation, what clients see in between, and what a crash leaves.
#include "tls/rotation.hpp"

#include <doctest/doctest.h>
#include <openssl/pem.h>

#include "proxy/tls/pki.hpp"

using namespace ssmgate;
using namespace ssmgate::test;
using namespace std::chrono_literals;
using tls::Authority;
using tls::AuthorityFault;
using tls::CaState;
using tls::Clock;
using tls::RotationStage;

namespace {

constexpr const char* kHost = "ssm.us-east-1.amazonaws.com";

struct Ca {
  TemporaryFolder folder;
  Clock::time_point now = Clock::now();
  tls::Rotation rotation{folder / "ca.pem", folder / "ca.key"};

  Ca() { serve(); }

  // What a gateway that starts now shows.
  tls::ContextPtr serve() const {
    auto opened = Authority::open(folder / "ca.pem", folder / "ca.key", now);
    if (const auto* fault = std::get_if<AuthorityFault>(&opened)) FAIL(fault->text);
    std::string fault;
    return std::get<std::unique_ptr<Authority>>(opened)->context_for(kHost, now, fault);
  }
  std::vector<tls::CertificatePtr> trusted() const {
    return from_pem(read_text(folder / "ca.pem"));
  }
  RotationStage stage() const {
    const auto looked = rotation.look();
    REQUIRE(std::holds_alternative<CaState>(looked));
    return std::get<CaState>(looked).stage;
  }
  bool has_next_key() const { return std::filesystem::exists(folder / "ca.key.next"); }
  // True when a client that trusts `root` alone believes what is served now.
  bool believes(const tls::CertificatePtr& root) const {
    const auto context = serve();
    return verify(leaf_of(context), chain_of(context), root.get(), kHost, now) == X509_V_OK;
  }
};

std::string text_of(const tls::Rotation::Done& done) {
  const auto* fault = std::get_if<AuthorityFault>(&done);
  return fault == nullptr ? std::string() : fault->text;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("clients trust both roots before the new one signs and the old one is then forgotten") {
  const Ca ca;
  const auto before = ca.trusted();
  REQUIRE(before.size() == 1);
  CHECK(text_of(ca.rotation.begin(ca.now, {})) == "");
  const auto both = ca.trusted();
  REQUIRE(both.size() == 2);
  CHECK(ca.stage() == RotationStage::begun);
  CHECK(mode_of(ca.folder / "ca.key.next") == 0600);
  CHECK(ca.believes(both[0]));
  CHECK_FALSE(ca.believes(both[1]));

  CHECK(text_of(ca.rotation.activate(ca.now + tls::kOverlap + 1h, false)) == "");
  CHECK(ca.stage() == RotationStage::activated);
  CHECK_FALSE(ca.has_next_key());
  CHECK(ca.trusted().size() == 2);
  CHECK(ca.believes(both[1]));
  CHECK_FALSE(ca.believes(both[0]));
  CHECK(mode_of(ca.folder / "ca.key") == 0600);

  CHECK(text_of(ca.rotation.finish()) == "");
  CHECK(ca.stage() == RotationStage::none);
  const auto after = ca.trusted();
  REQUIRE(after.size() == 1);
  CHECK(X509_cmp(after[0].get(), both[1].get()) == 0);
  CHECK(ca.believes(after[0]));
}

TEST_CASE("the new root is not used before the week is over unless somebody insists") {
  const Ca ca;
  CHECK(text_of(ca.rotation.begin(ca.now, {})) == "");
  CHECK(contains(text_of(ca.rotation.activate(ca.now + 24h, false)), "`--now`"));
  CHECK(ca.stage() == RotationStage::begun);
  CHECK(text_of(ca.rotation.activate(ca.now + 24h, true)) == "");
  CHECK(ca.stage() == RotationStage::activated);
}

TEST_CASE("a step out of turn is refused and says which is next") {
  const Ca ca;
  CHECK(contains(text_of(ca.rotation.activate(ca.now, true)), "`ssmgate ca rotate`"));
  CHECK(contains(text_of(ca.rotation.finish()), "nothing to finish"));
  CHECK(contains(text_of(ca.rotation.cancel()), "no rotation"));
  CHECK(text_of(ca.rotation.begin(ca.now, {})) == "");
  CHECK(contains(text_of(ca.rotation.begin(ca.now, {})), "`--cancel`"));
  CHECK(contains(text_of(ca.rotation.finish()), "--activate"));
  CHECK(text_of(ca.rotation.activate(ca.now, true)) == "");
  CHECK(contains(text_of(ca.rotation.begin(ca.now, {})), "--finish"));
  CHECK(contains(text_of(ca.rotation.cancel()), "no rotation"));
}

TEST_CASE("a rotation that is taken back leaves what was there") {
  const Ca ca;
  const std::string before = read_text(ca.folder / "ca.pem");
  const std::string key = read_text(ca.folder / "ca.key");
  CHECK(text_of(ca.rotation.begin(ca.now, {})) == "");
  CHECK(text_of(ca.rotation.cancel()) == "");
  CHECK(read_text(ca.folder / "ca.pem") == before);
  CHECK(read_text(ca.folder / "ca.key") == key);
  CHECK_FALSE(ca.has_next_key());
}

TEST_CASE("a key that a crash left without its certificate is replaced") {
  const Ca ca;
  const std::string before = read_text(ca.folder / "ca.pem");
  CHECK(text_of(ca.rotation.begin(ca.now, {})) == "");
  write_file(ca.folder / "ca.pem", before, 0644);
  CHECK(ca.stage() == RotationStage::none);
  CHECK(text_of(ca.rotation.begin(ca.now, {})) == "");
  CHECK(ca.stage() == RotationStage::begun);
  CHECK(text_of(ca.rotation.activate(ca.now, true)) == "");
  CHECK(ca.believes(ca.trusted().at(1)));
}

TEST_CASE("the new root may sign for private hosts that the old one may not") {
  const Ca ca;
  const tls::PrivateHosts hosts = {"ssm.example.internal"};
  const auto open = [&] {
    return Authority::open(ca.folder / "ca.pem", ca.folder / "ca.key", ca.now, hosts);
  };
  CHECK(std::holds_alternative<AuthorityFault>(open()));
  CHECK(text_of(ca.rotation.begin(ca.now, hosts)) == "");
  CHECK(std::holds_alternative<AuthorityFault>(open()));
  CHECK(text_of(ca.rotation.activate(ca.now, true)) == "");
  CHECK(std::holds_alternative<std::unique_ptr<Authority>>(open()));
}

TEST_CASE("a symbolic link to the certificate stays one") {
  const Ca ca;
  std::filesystem::rename(ca.folder / "ca.pem", ca.folder / "real.pem");
  std::filesystem::create_symlink("real.pem", ca.folder / "ca.pem");
  const tls::Rotation rotation(ca.folder / "ca.pem", ca.folder / "ca.key");
  CHECK(text_of(rotation.begin(ca.now, {})) == "");
  CHECK(std::filesystem::is_symlink(ca.folder / "ca.pem"));
  CHECK(ca.trusted().size() == 2);
}

TEST_CASE("a CA that a company gave is not rotated here") {
  const TemporaryFolder folder;
  const auto key = tls::make_key();
  write_file(folder / "ca.key", [&] {
    BIO* memory = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(memory, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    const char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(memory);
    return text;
  }());
  write_file(
      folder / "ca.pem",
      tls::to_pem(make_company_ca(key.get(), "critical,CA:TRUE", "critical,keyCertSign").get()));
  const tls::Rotation rotation(folder / "ca.pem", folder / "ca.key");
  CHECK(contains(text_of(rotation.begin(Clock::now(), {})), "was not made by ssmgate"));
}
