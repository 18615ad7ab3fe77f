// What the tests of certificates and of TLS share: folders, files, forgeries, and a verification as
// a strict client does it.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tls/authority.hpp"
#include "tls/certificate.hpp"
#include "tls/openssl.hpp"

namespace ssmgate::test {

class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

void write_file(const std::filesystem::path& path, std::string_view text, unsigned mode = 0600);
[[nodiscard]] std::string read_text(const std::filesystem::path& path);
[[nodiscard]] unsigned mode_of(const std::filesystem::path& path);

[[nodiscard]] std::vector<std::string> ssm_suffixes();

// A root or an intermediate with its key, made now; `ssm_suffixes` unless given.
[[nodiscard]] tls::Signer make_test_root(std::vector<std::string> suffixes = ssm_suffixes());
[[nodiscard]] tls::Signer make_test_intermediate(const tls::Signer& root);

// A leaf whose names are `names` in OpenSSL's configuration text ("DNS:a,IP:1.2.3.4"; empty: none)
// and whose common name is `common_name`, for an hour.
[[nodiscard]] tls::CertificatePtr forge(const tls::Signer& issuer, const std::string& names,
                                        const std::string& common_name = {},
                                        EVP_PKEY* key = nullptr,
                                        const std::string& use = "serverAuth");

// A self-signed CA as a company would give it: no name constraints, `basic` and `usage` as told.
[[nodiscard]] tls::CertificatePtr make_company_ca(EVP_PKEY* key, const char* basic,
                                                  const char* usage);

// X509_V_OK, or why a strict client would refuse `leaf` for `host` at `when`.
[[nodiscard]] int verify(X509* leaf, const std::vector<X509*>& chain, X509* root,
                         const std::string& host, tls::Clock::time_point when);

// The certificate that a context shows, and those it sends after it.
[[nodiscard]] X509* leaf_of(const tls::ContextPtr& context);
[[nodiscard]] std::vector<X509*> chain_of(const tls::ContextPtr& context);

[[nodiscard]] std::vector<tls::CertificatePtr> from_pem(const std::string& text);
[[nodiscard]] tls::KeyPtr key_from_pem(const std::string& text);

}  // namespace ssmgate::test
