// Reading certificates and keys for `listen`, and for what we show to a parent proxy.
#include "tls/key_pair.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "tls/certificate.hpp"
#include "tls/file.hpp"

namespace ssmgate::tls {
namespace {

namespace fs = std::filesystem;

AuthorityFault key_fault(const fs::path& path, const std::string& what) {
  return {quoted(path) + " " + what};
}

// An encrypted key is a fault, not a question on the terminal.
int no_password(char*, int, int, void*) {
  return -1;
}

std::variant<AuthorityFault, KeyPtr> load_key(const fs::path& path) {
  auto text = read_file(path, Privacy::owner_only);
  if (auto* fault = std::get_if<AuthorityFault>(&text)) return std::move(*fault);
  auto& pem = std::get<std::string>(text);
  const BioPtr memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  KeyPtr key(PEM_read_bio_PrivateKey(memory.get(), nullptr, &no_password, nullptr));
  OPENSSL_cleanse(pem.data(), pem.size());
  if (key == nullptr) {
    ERR_clear_error();
    return key_fault(path, "holds no private key in PEM without a password");
  }
  return key;
}

std::variant<AuthorityFault, std::vector<CertificatePtr>> load_chain(const fs::path& path,
                                                                     Clock::time_point now) {
  auto text = read_file(path, Privacy::none);
  if (auto* fault = std::get_if<AuthorityFault>(&text)) return std::move(*fault);
  std::vector<CertificatePtr> chain;
  const std::size_t bad = read_certificates(std::get<std::string>(text), chain);
  if (bad != 0) {
    return key_fault(path, "holds a certificate that cannot be read, number " +
                               std::to_string(bad) + ": " + take_errors());
  }
  if (chain.empty()) return key_fault(path, "holds no PEM certificate");
  if (lifetime_of(chain.front().get()).end <= now) {
    return key_fault(path, "has expired; put a new certificate there");
  }
  return chain;
}

}  // namespace

std::variant<AuthorityFault, KeyPair> load_key_pair(const fs::path& certificate,
                                                    const fs::path& key, Clock::time_point now) {
  auto chain = load_chain(certificate, now);
  if (auto* fault = std::get_if<AuthorityFault>(&chain)) return std::move(*fault);
  auto read = load_key(key);
  if (auto* fault = std::get_if<AuthorityFault>(&read)) return std::move(*fault);
  KeyPair pair{std::get<std::vector<CertificatePtr>>(std::move(chain)),
               std::get<KeyPtr>(std::move(read))};
  if (X509_check_private_key(pair.chain.front().get(), pair.key.get()) != 1) {
    ERR_clear_error();
    return key_fault(key, "is not the key of the first certificate in " + quoted(certificate));
  }
  return pair;
}

bool use_key_pair(SSL_CTX* context, const KeyPair& pair) {
  if (SSL_CTX_use_certificate(context, pair.chain.front().get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, pair.key.get()) != 1) {
    return false;
  }
  for (std::size_t i = 1; i < pair.chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, pair.chain[i].get()) != 1) return false;
  }
  return true;
}

}  // namespace ssmgate::tls
