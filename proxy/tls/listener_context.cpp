#include "tls/listener_context.hpp"

#include <vector>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "tls/certificate.hpp"
#include "tls/client_trust.hpp"
#include "tls/file.hpp"
#include "tls/server_context.hpp"

namespace ssmgate::tls {
namespace {

namespace fs = std::filesystem;

AuthorityFault fault_of(const fs::path& path, const std::string& what) {
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
    return fault_of(path, "holds no private key in PEM without a password");
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
    return fault_of(path, "holds a certificate that cannot be read, number " + std::to_string(bad) +
                              ": " + take_errors());
  }
  if (chain.empty()) return fault_of(path, "holds no PEM certificate");
  if (lifetime_of(chain.front().get()).end <= now) {
    return fault_of(path, "has expired; put a new certificate there");
  }
  return chain;
}

}  // namespace

std::variant<AuthorityFault, ContextPtr> make_listener_context(const ListenerFiles& files,
                                                               Clock::time_point now) {
  auto loaded = load_chain(files.certificate, now);
  if (auto* fault = std::get_if<AuthorityFault>(&loaded)) return std::move(*fault);
  const auto& chain = std::get<std::vector<CertificatePtr>>(loaded);
  auto read = load_key(files.key);
  if (auto* fault = std::get_if<AuthorityFault>(&read)) return std::move(*fault);
  const KeyPtr& key = std::get<KeyPtr>(read);
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    ERR_clear_error();
    return fault_of(files.key,
                    "is not the key of the first certificate in " + quoted(files.certificate));
  }
  std::vector<X509*> above;
  for (std::size_t i = 1; i < chain.size(); ++i) above.push_back(chain[i].get());
  ContextPtr context = make_server_context(chain.front().get(), key.get(), above);
  if (context == nullptr) return fault_of(files.certificate, "cannot be used: " + take_errors());
  if (files.client_ca) {
    auto required = require_client_certificate(context.get(), *files.client_ca, files.crl);
    if (auto* fault = std::get_if<AuthorityFault>(&required)) return std::move(*fault);
  }
  return context;
}

}  // namespace ssmgate::tls
