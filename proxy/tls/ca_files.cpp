// Reading the CA's files.
#include "tls/ca_files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tls/certificate.hpp"
#include "tls/file.hpp"

namespace ssmgate::tls {
namespace {

// SOURCE: NIST SP 800-57: 112 bits are RSA 2048; clients refuse less.
constexpr int kSecurityBits = 112;

// OpenSSL would ask on the terminal: a gateway has none.
int refuse_pass_phrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

std::variant<AuthorityFault, KeyPtr> parse_key(const std::filesystem::path& path,
                                               const std::string& text) {
  ERR_clear_error();
  const BioPtr memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  bool asked = false;
  KeyPtr key(PEM_read_bio_PrivateKey(memory.get(), nullptr, &refuse_pass_phrase, &asked));
  if (key == nullptr && asked) {
    ERR_clear_error();
    return AuthorityFault{quoted(path) + " is protected by a pass phrase; write it without: " +
                          "`openssl pkey -in OLD -out NEW`"};
  }
  if (key == nullptr) {
    return AuthorityFault{quoted(path) + " holds no private key that can be read (" +
                          take_errors() + "); it must be PEM, PKCS#1, SEC1 or PKCS#8"};
  }
  return key;
}

std::variant<AuthorityFault, std::vector<CertificatePtr>> parse_certificates(
    const std::filesystem::path& path, const std::string& text) {
  std::vector<CertificatePtr> certificates;
  const std::size_t bad = read_certificates(text, certificates);
  if (bad != 0) {
    return AuthorityFault{"certificate " + std::to_string(bad) + " of " + quoted(path) +
                          " cannot be read (" + take_errors() + "); it must be PEM"};
  }
  if (certificates.empty()) {
    return AuthorityFault{quoted(path) +
                          " holds no certificate; it must be PEM, beginning with "
                          "`-----BEGIN CERTIFICATE-----`"};
  }
  return certificates;
}

// Nothing: it is not there.
std::variant<AuthorityFault, bool> is_there(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) return true;
  if (errno == ENOENT) return false;
  return AuthorityFault{"cannot look at " + quoted(path) + ": " + system_words(errno)};
}

std::string rejection(const PemPair& pair, Clock::time_point now) {
  X509* root = pair.certificates.front().get();
  const Lifetime life = lifetime_of(root);
  if (!is_ca(root)) return "is not a CA's certificate; it needs `CA:TRUE` and `keyCertSign`";
  if (now >= life.end) return "has expired; give another, or move both files away for a new one";
  if (now < life.begin) return "is not valid yet; look at this machine's clock";
  const int type = EVP_PKEY_get_base_id(pair.key.get());
  if (type != EVP_PKEY_RSA && type != EVP_PKEY_EC) return "has a key that is neither RSA nor EC";
  if (EVP_PKEY_get_security_bits(pair.key.get()) < kSecurityBits) {
    return "has a key that clients refuse as too short; RSA needs 2048 bits, EC 224";
  }
  return {};
}

}  // namespace

std::variant<AuthorityFault, PairState> find_pair(const std::filesystem::path& certificate,
                                                  const std::filesystem::path& key) {
  const auto certificate_there = is_there(certificate);
  if (const auto* fault = std::get_if<AuthorityFault>(&certificate_there)) return *fault;
  const auto key_there = is_there(key);
  if (const auto* fault = std::get_if<AuthorityFault>(&key_there)) return *fault;
  const bool has_certificate = std::get<bool>(certificate_there);
  std::error_code error;
  if (has_certificate && std::filesystem::equivalent(certificate, key, error)) {
    return AuthorityFault{quoted(certificate) + " and " + quoted(key) +
                          " are one file, but the certificate is handed out and the key is not; "
                          "name two files in `ca`"};
  }
  if (has_certificate == std::get<bool>(key_there)) {
    return has_certificate ? PairState::both : PairState::neither;
  }
  const std::filesystem::path& present = has_certificate ? certificate : key;
  const std::filesystem::path& absent = has_certificate ? key : certificate;
  return AuthorityFault{quoted(present) + " is there but " + quoted(absent) +
                        " is not; bring that one back, or move the other away to have a new CA "
                        "made"};
}

std::variant<AuthorityFault, std::vector<CertificatePtr>> load_certificates(
    const std::filesystem::path& certificate) {
  const auto text = read_file(certificate, Privacy::none);
  if (const auto* fault = std::get_if<AuthorityFault>(&text)) return *fault;
  return parse_certificates(certificate, std::get<std::string>(text));
}

std::variant<AuthorityFault, PemPair> load_pair(const std::filesystem::path& certificate,
                                                const std::filesystem::path& key) {
  auto key_text = read_file(key, Privacy::owner_only);
  if (const auto* fault = std::get_if<AuthorityFault>(&key_text)) return *fault;
  auto parsed_key = parse_key(key, std::get<std::string>(key_text));
  OPENSSL_cleanse(std::get<std::string>(key_text).data(), std::get<std::string>(key_text).size());
  if (const auto* fault = std::get_if<AuthorityFault>(&parsed_key)) return *fault;

  auto certificates = load_certificates(certificate);
  if (const auto* fault = std::get_if<AuthorityFault>(&certificates)) return *fault;

  PemPair pair;
  pair.certificates = std::move(std::get<std::vector<CertificatePtr>>(certificates));
  pair.key = std::move(std::get<KeyPtr>(parsed_key));
  // Wherever it stands: in the middle of a rotation the file holds the old root and the new one,
  // and the key says which of them is in force.
  const auto own = std::ranges::find_if(pair.certificates, [&pair](const CertificatePtr& each) {
    return X509_check_private_key(each.get(), pair.key.get()) == 1;
  });
  ERR_clear_error();
  if (own == pair.certificates.end()) {
    return AuthorityFault{quoted(key) + " is not the key of a certificate in " +
                          quoted(certificate) + "; give the pair that belongs together"};
  }
  std::rotate(pair.certificates.begin(), own, own + 1);
  return pair;
}

std::variant<AuthorityFault, PemPair> load_authority_pair(const std::filesystem::path& certificate,
                                                          const std::filesystem::path& key,
                                                          Clock::time_point now) {
  auto loaded = load_pair(certificate, key);
  if (const auto* pair = std::get_if<PemPair>(&loaded)) {
    const std::string trouble = rejection(*pair, now);
    if (!trouble.empty()) return AuthorityFault{quoted(certificate) + " " + trouble};
  }
  return loaded;
}

}  // namespace ssmgate::tls
