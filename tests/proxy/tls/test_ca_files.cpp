// The CA's files: made once, for their owner alone; and every CA that may be given.
#include <doctest/doctest.h>

#include <thread>

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sys/stat.h>

#include "proxy/tls/pki.hpp"

using namespace ssmgate;
using namespace ssmgate::test;
using namespace std::chrono_literals;
using tls::Authority;
using tls::AuthorityFault;
using tls::Clock;
namespace fs = std::filesystem;

namespace {

constexpr const char* kHost = "ssm.us-east-1.amazonaws.com";

std::string fault_of(const fs::path& certificate, const fs::path& key,
                     Clock::time_point now = Clock::now()) {
  const auto opened = Authority::open(certificate, key, now);
  const auto* fault = std::get_if<AuthorityFault>(&opened);
  if (fault == nullptr) return {};
  CHECK(fault->text.find('\n') == std::string::npos);
  return fault->text;
}

std::unique_ptr<Authority> open_good(const fs::path& certificate, const fs::path& key) {
  auto opened = Authority::open(certificate, key, Clock::now());
  if (const auto* fault = std::get_if<AuthorityFault>(&opened)) FAIL(fault->text);
  return std::move(std::get<std::unique_ptr<Authority>>(opened));
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct Umask {
  explicit Umask(mode_t mask) : before(::umask(mask)) {}
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  ~Umask() { ::umask(before); }
  mode_t before;
};

std::string pem_of(EVP_PKEY* key, bool traditional) {
  const tls::BioPtr memory(BIO_new(BIO_s_mem()));
  if (traditional) {
    PEM_write_bio_PrivateKey_traditional(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  } else {
    PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  }
  const char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

constexpr const char* kCa = "critical,CA:TRUE";
constexpr const char* kSigns = "critical,keyCertSign,cRLSign";

// A client's verification of what `authority` shows for an SSM host.
int judge(Authority& authority, std::size_t expected_chain) {
  std::string fault;
  const auto context = authority.context_for(kHost, Clock::now(), fault);
  REQUIRE_MESSAGE(context != nullptr, fault);
  CHECK(chain_of(context).size() == expected_chain);
  const auto root = from_pem(authority.root_pem());
  return verify(leaf_of(context), chain_of(context), root.at(0).get(), kHost, Clock::now());
}

}  // namespace

TEST_CASE("half a pair is a fault that names both files") {
  const TemporaryFolder folder;
  write_file(folder / "ca.pem", "x");
  const std::string text = fault_of(folder / "ca.pem", folder / "ca.key");
  CHECK(contains(text, "ca.pem` is there but"));
  CHECK(contains(text, "ca.key` is not"));
  fs::rename(folder / "ca.pem", folder / "ca.key");
  CHECK(contains(fault_of(folder / "ca.pem", folder / "ca.key"), "ca.key` is there but"));
  CHECK(read_text(folder / "ca.key") == "x");
}

TEST_CASE("a key that others can reach is refused with the line that mends it") {
  const TemporaryFolder folder;
  (void)open_good(folder / "ca.pem", folder / "ca.key");
  for (const unsigned mode : {0640U, 0604U, 0620U, 0601U, 0666U}) {
    CAPTURE(mode);
    ::chmod((folder / "ca.key").c_str(), mode);
    CHECK(contains(fault_of(folder / "ca.pem", folder / "ca.key"),
                   "chmod 600 " + (folder / "ca.key").string()));
  }
  ::chmod((folder / "ca.key").c_str(), 0400);
  CHECK(fault_of(folder / "ca.pem", folder / "ca.key").empty());
}

TEST_CASE("a key of another certificate is refused") {
  const TemporaryFolder folder;
  (void)open_good(folder / "ca.pem", folder / "ca.key");
  (void)open_good(folder / "other.pem", folder / "other.key");
  CHECK(contains(fault_of(folder / "ca.pem", folder / "other.key"), "is not the key of"));
}

TEST_CASE("an expired root and one of tomorrow are refused") {
  const TemporaryFolder folder;
  (void)open_good(folder / "ca.pem", folder / "ca.key");
  CHECK(contains(fault_of(folder / "ca.pem", folder / "ca.key", Clock::now() + 3660 * 24h),
                 "has expired"));
  CHECK(contains(fault_of(folder / "ca.pem", folder / "ca.key", Clock::now() - 48h),
                 "not valid yet"));
}

TEST_CASE("files that are no PEM and no files are refused") {
  const TemporaryFolder folder;
  (void)open_good(folder / "ca.pem", folder / "ca.key");
  write_file(folder / "junk", "hello\n");
  fs::create_directory(folder / "dir");
  ::mkfifo((folder / "pipe").c_str(), 0600);
  CHECK(contains(fault_of(folder / "junk", folder / "ca.key"), "holds no certificate"));
  CHECK(contains(fault_of(folder / "ca.pem", folder / "junk"), "no private key"));
  CHECK(contains(fault_of(folder / "dir", folder / "ca.key"), "is not a file"));
  CHECK(contains(fault_of(folder / "ca.pem", folder / "pipe"), "is not a file"));
}

TEST_CASE("a key behind a pass phrase is refused and nobody is asked") {
  const TemporaryFolder folder;
  const auto key = tls::make_key();
  const tls::BioPtr memory(BIO_new(BIO_s_mem()));
  char secret[] = "secret";
  PEM_write_bio_PKCS8PrivateKey(memory.get(), key.get(), EVP_aes_128_cbc(), secret, 6, nullptr,
                                nullptr);
  const char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  write_file(folder / "ca.key", {data, static_cast<std::size_t>(size)});
  write_file(folder / "ca.pem", tls::to_pem(make_company_ca(key.get(), kCa, kSigns).get()));
  CHECK(contains(fault_of(folder / "ca.pem", folder / "ca.key"), "pass phrase"));
}

TEST_CASE("a certificate that may not sign is refused") {
  const TemporaryFolder folder;
  const auto key = tls::make_key();
  write_file(folder / "ca.key", pem_of(key.get(), false));
  write_file(folder / "ca.pem", tls::to_pem(make_company_ca(key.get(), "CA:FALSE", kSigns).get()));
  CHECK(contains(fault_of(folder / "ca.pem", folder / "ca.key"), "is not a CA's"));
  write_file(folder / "ca.pem",
             tls::to_pem(make_company_ca(key.get(), kCa, "critical,digitalSignature").get()));
  CHECK(contains(fault_of(folder / "ca.pem", folder / "ca.key"), "is not a CA's"));
}

TEST_CASE("keys that clients refuse are refused") {
  const TemporaryFolder folder;
  const tls::KeyPtr small(EVP_RSA_gen(1024));
  write_file(folder / "ca.key", pem_of(small.get(), false));
  write_file(folder / "ca.pem", tls::to_pem(make_company_ca(small.get(), kCa, kSigns).get()));
  CHECK(contains(fault_of(folder / "ca.pem", folder / "ca.key"), "2048"));
}

TEST_CASE("a folder that cannot be made is a fault that says so") {
  const TemporaryFolder folder;
  write_file(folder / "file", "x");
  const std::string text = fault_of((folder / "file") / "ca.pem", (folder / "file") / "ca.key");
  CHECK(contains(text, "not a directory"));
}

TEST_CASE("folders and files are made for their owner alone whatever the umask") {
  for (const mode_t mask : {mode_t{0}, mode_t{022}, mode_t{0777}}) {
    CAPTURE(mask);
    const TemporaryFolder folder;
    const fs::path inner = folder / "a";
    {
      const Umask umask(mask);
      (void)open_good(inner / "b" / "ca.pem", inner / "c" / "ca.key");
    }
    CHECK(mode_of(inner) == 0700);
    CHECK(mode_of(inner / "b") == 0700);
    CHECK(mode_of(inner / "c") == 0700);
    CHECK(mode_of(inner / "c" / "ca.key") == 0600);
    CHECK(mode_of(inner / "b" / "ca.pem") == 0644);
    CHECK(std::distance(fs::directory_iterator(inner / "c"), fs::directory_iterator()) == 1);
    CHECK(std::distance(fs::directory_iterator(inner / "b"), fs::directory_iterator()) == 1);
  }
}

TEST_CASE("a second start loads what the first one made") {
  const TemporaryFolder folder;
  const std::string root = open_good(folder / "ca.pem", folder / "ca.key")->root_pem();
  const std::string key = read_text(folder / "ca.key");
  CHECK(open_good(folder / "ca.pem", folder / "ca.key")->root_pem() == root);
  CHECK(read_text(folder / "ca.pem") == root);
  CHECK(read_text(folder / "ca.key") == key);
}

TEST_CASE("many starts at once end up with one pair") {
  for (int round = 0; round < 5; ++round) {
    const TemporaryFolder folder;
    std::vector<std::string> roots(8);
    std::vector<std::thread> threads;
    for (auto& root : roots) {
      threads.emplace_back([&root, &folder] {
        auto opened = Authority::open(folder / "ca.pem", folder / "ca.key", Clock::now());
        auto* authority = std::get_if<std::unique_ptr<Authority>>(&opened);
        root =
            authority == nullptr ? std::get<AuthorityFault>(opened).text : (*authority)->root_pem();
      });
    }
    for (auto& thread : threads) thread.join();
    for (const auto& root : roots) CHECK(root == read_text(folder / "ca.pem"));
  }
}

TEST_CASE("a given CA may be RSA or EC in every form of key") {
  const tls::KeyPtr rsa(EVP_RSA_gen(2048));
  const tls::KeyPtr p384(EVP_EC_gen("P-384"));
  const tls::KeyPtr p256 = tls::make_key();
  for (EVP_PKEY* key : {rsa.get(), p384.get(), p256.get()}) {
    for (const bool traditional : {true, false}) {
      const TemporaryFolder folder;
      const std::string pem = pem_of(key, traditional);
      CHECK(contains(pem, "-----BEGIN PRIVATE KEY-----") != traditional);
      write_file(folder / "ca.key", pem);
      write_file(folder / "ca.pem", tls::to_pem(make_company_ca(key, kCa, kSigns).get()), 0644);
      CHECK(judge(*open_good(folder / "ca.pem", folder / "ca.key"), 1) == X509_V_OK);
    }
  }
}

TEST_CASE("a given CA that may sign no CA signs leaves itself") {
  const TemporaryFolder folder;
  const auto key = tls::make_key();
  write_file(folder / "ca.key", pem_of(key.get(), false));
  write_file(folder / "ca.pem",
             tls::to_pem(make_company_ca(key.get(), "critical,CA:TRUE,pathlen:0", kSigns).get()));
  const auto authority = open_good(folder / "ca.pem", folder / "ca.key");
  CHECK(judge(*authority, 0) == X509_V_OK);
}

TEST_CASE("a given CA below another is sent to clients that trust the one above") {
  const TemporaryFolder folder;
  const tls::Signer top = make_test_root();
  const tls::Signer given = make_test_intermediate(top);
  write_file(folder / "ca.key", pem_of(given.key.get(), false));
  write_file(folder / "ca.pem",
             tls::to_pem(given.certificate.get()) + tls::to_pem(top.certificate.get()));
  const auto authority = open_good(folder / "ca.pem", folder / "ca.key");
  std::string fault;
  const auto context = authority->context_for(kHost, Clock::now(), fault);
  REQUIRE_MESSAGE(context != nullptr, fault);
  CHECK(verify(leaf_of(context), chain_of(context), top.certificate.get(), kHost, Clock::now()) ==
        X509_V_OK);
}
