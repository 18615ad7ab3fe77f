#include "proxy/tls/pki.hpp"

#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include "ssmgate/names/endpoint.hpp"

namespace ssmgate::test {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "ssmgate-test.XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void write_file(const fs::path& path, std::string_view text, unsigned mode) {
  std::ofstream(path, std::ios::binary) << text;
  ::chmod(path.c_str(), mode);
}

std::string read_text(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

unsigned mode_of(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0U;
}

std::vector<std::string> ssm_suffixes() {
  const auto suffixes = endpoint_suffixes();
  return {suffixes.begin(), suffixes.end()};
}

tls::Signer make_test_root(std::vector<std::string> suffixes) {
  const auto now = tls::Clock::now();
  tls::Signer root;
  root.key = tls::make_key();
  root.certificate = tls::make_root(root.key.get(), "testhost", suffixes,
                                    {now - tls::kBackdate, now + tls::kRootLife});
  return root;
}

tls::Signer make_test_intermediate(const tls::Signer& root) {
  tls::Signer made;
  made.key = tls::make_key();
  made.certificate =
      tls::make_intermediate(made.key.get(), root, ssm_suffixes(),
                             tls::life_under(root, tls::Clock::now(), tls::kLeafLife));
  return made;
}

tls::CertificatePtr forge(const tls::Signer& issuer, const std::string& names,
                          const std::string& common_name, EVP_PKEY* key, const std::string& use) {
  const tls::KeyPtr own = tls::make_key();
  tls::CertificatePtr made(X509_new());
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 4711);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer.certificate.get()));
  X509_NAME_add_entry_by_txt(
      X509_get_subject_name(made.get()), common_name.empty() ? "O" : "CN", MBSTRING_ASC,
      reinterpret_cast<const unsigned char*>(common_name.empty() ? "forger" : common_name.c_str()),
      -1, -1, 0);
  X509_set_pubkey(made.get(), key == nullptr ? own.get() : key);
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer.certificate.get(), made.get(), nullptr, nullptr, 0);
  const auto add = [&](int nid, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    if (extension == nullptr) throw std::runtime_error("bad extension " + value);
    X509_add_ext(made.get(), extension, -1);
    X509_EXTENSION_free(extension);
  };
  add(NID_subject_key_identifier, "hash");
  add(NID_authority_key_identifier, "keyid:always");
  add(NID_ext_key_usage, use);
  if (!names.empty()) add(NID_subject_alt_name, names);
  X509_sign(made.get(), issuer.key.get(), EVP_sha256());
  return made;
}

tls::CertificatePtr make_company_ca(EVP_PKEY* key, const char* basic, const char* usage) {
  tls::CertificatePtr made(X509_new());
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -7200);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 86400 * 365);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("corp"), -1, -1, 0);
  X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
  X509_set_pubkey(made.get(), key);
  X509V3_CTX context;
  X509V3_set_ctx(&context, made.get(), made.get(), nullptr, nullptr, 0);
  const auto add = [&](int nid, const char* value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    X509_add_ext(made.get(), extension, -1);
    X509_EXTENSION_free(extension);
  };
  add(NID_basic_constraints, basic);
  add(NID_key_usage, usage);
  add(NID_subject_key_identifier, "hash");
  add(NID_authority_key_identifier, "keyid");
  X509_sign(made.get(), key, EVP_sha256());
  return made;
}

int verify(X509* leaf, const std::vector<X509*>& chain, X509* root, const std::string& host,
           tls::Clock::time_point when) {
  const std::unique_ptr<X509_STORE, tls::Free> store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), root);
  STACK_OF(X509)* sent = sk_X509_new_null();
  for (X509* certificate : chain) sk_X509_push(sent, certificate);
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store.get(), leaf, sent);
  X509_STORE_CTX_set_default(context, "ssl_server");
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
  X509_VERIFY_PARAM_set_time(parameters, tls::Clock::to_time_t(when));
  in_addr scratch{};
  if (::inet_pton(AF_INET, host.c_str(), &scratch) == 1) {
    X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str());
  } else if (!host.empty()) {
    X509_VERIFY_PARAM_set1_host(parameters, host.data(), host.size());
  }
  X509_verify_cert(context);
  const int result = X509_STORE_CTX_get_error(context);
  X509_STORE_CTX_free(context);
  sk_X509_free(sent);
  return result;
}

X509* leaf_of(const tls::ContextPtr& context) {
  return SSL_CTX_get0_certificate(context.get());
}

std::vector<X509*> chain_of(const tls::ContextPtr& context) {
  STACK_OF(X509)* sent = nullptr;
  SSL_CTX_get0_chain_certs(context.get(), &sent);
  std::vector<X509*> chain;
  for (int i = 0; sent != nullptr && i < sk_X509_num(sent); ++i) {
    chain.push_back(sk_X509_value(sent, i));
  }
  return chain;
}

std::vector<tls::CertificatePtr> from_pem(const std::string& text) {
  const tls::BioPtr memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  std::vector<tls::CertificatePtr> certificates;
  while (X509* next = PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(next);
  }
  return certificates;
}

tls::KeyPtr key_from_pem(const std::string& text) {
  const tls::BioPtr memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  return tls::KeyPtr(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
}

}  // namespace ssmgate::test
