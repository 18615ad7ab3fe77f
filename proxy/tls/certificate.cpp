// Building X.509 certificates: fields and extensions, no policy of when.
#include "tls/certificate.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "tls/constraints.hpp"

namespace ssmgate::tls {
namespace {

// SOURCE: RFC 5280, appendix A.1, ub-common-name.
constexpr std::size_t kCommonNameLimit = 64;
// Left out where the issuer has none: a company's CA may be older than the habit.
constexpr const char* kIssuerKey = "keyid";

std::string random_hex(std::size_t bytes) {
  std::string raw(bytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(raw.data()), static_cast<int>(bytes)) != 1) {
    return {};
  }
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : raw) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

std::string day_of(Clock::time_point when) {
  const std::time_t seconds = Clock::to_time_t(when);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 16> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts);
  return {text.data(), size};
}

// A host's own name is whatever its owner set: only what every client prints goes into a name.
std::string common_name_part(std::string_view text, std::size_t limit) {
  std::string clean;
  for (const char c : text.substr(0, limit)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.';
    clean += plain ? c : '-';
  }
  return clean.empty() ? "localhost" : clean;
}

bool set_subject(X509* certificate, std::string_view common_name) {
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto add = [name](const char* field, std::string_view value) {
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(value.data()),
                                      static_cast<int>(value.size()), -1, 0) == 1;
  };
  return add("O", "ssmgate") && (common_name.empty() || add("CN", common_name));
}

// 127 random bits below a set one: positive, never zero, 16 octets.
// SOURCE: CA/B Forum BR 7.1 wants 64 bits at least, RFC 5280 §4.1.2.2 20 octets at most.
bool set_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x3fU) | 0x40U);
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(
      BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr), &BN_free);
  return number != nullptr &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_lifetime(X509* certificate, const Lifetime& life) {
  const auto set = [](ASN1_TIME* field, Clock::time_point when) {
    return ASN1_TIME_adj(field, Clock::to_time_t(when), 0, 0) != nullptr;
  };
  return set(X509_getm_notBefore(certificate), life.begin) &&
         set(X509_getm_notAfter(certificate), life.end);
}

bool add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509V3_set_ctx_nodb(&context);
  const std::unique_ptr<X509_EXTENSION, Free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// Everything but the extensions; `issuer` null: self-signed.
CertificatePtr start(EVP_PKEY* key, X509* issuer, std::string_view common_name,
                     const Lifetime& life) {
  CertificatePtr made(X509_new());
  if (made == nullptr || X509_set_version(made.get(), X509_VERSION_3) != 1 ||
      !set_serial(made.get()) || !set_lifetime(made.get(), life) ||
      !set_subject(made.get(), common_name) || X509_set_pubkey(made.get(), key) != 1) {
    return nullptr;
  }
  X509* above = issuer == nullptr ? made.get() : issuer;
  if (X509_set_issuer_name(made.get(), X509_get_subject_name(above)) != 1) return nullptr;
  return made;
}

// OpenSSL keeps the encoding of what it has read, not of what it has made: a made certificate would
// be encoded anew, four times over, by each handshake that shows it.
CertificatePtr read_back(X509* made) {
  unsigned char* encoded = nullptr;
  const int size = i2d_X509(made, &encoded);
  if (size <= 0) return nullptr;
  const unsigned char* at = encoded;
  CertificatePtr read(d2i_X509(nullptr, &at, size));
  OPENSSL_free(encoded);
  return read;
}

CertificatePtr sign(const CertificatePtr& made, EVP_PKEY* key) {
  return X509_sign(made.get(), key, EVP_sha256()) > 0 ? read_back(made.get()) : nullptr;
}

// serverAuth on the CAs too: clients that take a CA's purposes as a limit will not believe it for
// code, mail or other clients.
CertificatePtr finish_ca(CertificatePtr made, X509* issuer, EVP_PKEY* signer, const char* basic,
                         const std::vector<std::string>& suffixes) {
  X509* above = issuer == nullptr ? made.get() : issuer;
  if (!add_extension(made.get(), above, NID_basic_constraints, basic) ||
      !add_extension(made.get(), above, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !add_extension(made.get(), above, NID_ext_key_usage, "serverAuth") ||
      !add_extension(made.get(), above, NID_subject_key_identifier, "hash") ||
      !add_extension(made.get(), above, NID_authority_key_identifier,
                     issuer == nullptr ? "keyid:always" : kIssuerKey) ||
      !add_name_constraints(made.get(), suffixes)) {
    return nullptr;
  }
  return sign(made, signer);
}

template <typename AddName>
CertificatePtr finish_leaf(EVP_PKEY* key, const Signer& issuer, std::string_view common_name,
                           const Lifetime& life, const AddName& add_name) {
  X509* above = issuer.certificate.get();
  CertificatePtr made = start(key, above, common_name, life);
  if (made == nullptr) return nullptr;
  if (!add_extension(made.get(), above, NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(made.get(), above, NID_key_usage, "critical,digitalSignature") ||
      !add_extension(made.get(), above, NID_ext_key_usage, "serverAuth") ||
      !add_extension(made.get(), above, NID_subject_key_identifier, "hash") ||
      !add_extension(made.get(), above, NID_authority_key_identifier, kIssuerKey) ||
      !add_name(made.get())) {
    return nullptr;
  }
  return sign(made, issuer.key.get());
}

}  // namespace

Clock::time_point time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return Clock::time_point();
  const std::time_t at = timegm(&parts);
  return at < Clock::to_time_t(Clock::time_point::max()) ? Clock::from_time_t(at)
                                                         : Clock::time_point::max();
}

KeyPtr make_key() {
  return KeyPtr(EVP_EC_gen("P-256"));
}

CertificatePtr make_root(EVP_PKEY* key, std::string_view hostname,
                         const std::vector<std::string>& suffixes, const Lifetime& life) {
  // The tail keeps two roots of one machine and day apart: clients look issuers up by name.
  const std::string tail = " " + day_of(life.begin + kBackdate) + " " + random_hex(3);
  std::string name = "ssmgate root for ";
  name += common_name_part(hostname, kCommonNameLimit - name.size() - tail.size());
  name += tail;
  CertificatePtr made = start(key, nullptr, name, life);
  if (made == nullptr) return nullptr;
  return finish_ca(std::move(made), nullptr, key, "critical,CA:TRUE,pathlen:1", suffixes);
}

CertificatePtr make_intermediate(EVP_PKEY* key, const Signer& issuer,
                                 const std::vector<std::string>& suffixes, const Lifetime& life) {
  const std::string name =
      "ssmgate intermediate " + day_of(life.begin + kBackdate) + " " + random_hex(8);
  X509* above = issuer.certificate.get();
  CertificatePtr made = start(key, above, name, life);
  if (made == nullptr) return nullptr;
  return finish_ca(std::move(made), above, issuer.key.get(), "critical,CA:TRUE,pathlen:0",
                   suffixes);
}

CertificatePtr make_leaf(EVP_PKEY* key, const Signer& issuer, std::string_view host,
                         const Lifetime& life) {
  // A host that is too long for a common name does without: the subject still has its O, so that
  // the alternative name need not be critical, which old clients stumble over.
  return finish_leaf(key, issuer, host.size() <= kCommonNameLimit ? host : std::string_view(), life,
                     [host](X509* made) { return add_dns_name(made, host); });
}

CertificatePtr make_address_leaf(EVP_PKEY* key, const Signer& issuer,
                                 const std::array<unsigned char, 4>& address,
                                 const Lifetime& life) {
  return finish_leaf(key, issuer, {}, life,
                     [&address](X509* made) { return add_address(made, address); });
}

Lifetime life_under(const Signer& issuer, Clock::time_point now, std::chrono::hours whole) {
  const Clock::time_point begin = now - kBackdate;
  return {begin, std::min(begin + whole, lifetime_of(issuer.certificate.get()).end)};
}

Lifetime lifetime_of(const X509* certificate) {
  return {time_of(X509_get0_notBefore(certificate)), time_of(X509_get0_notAfter(certificate))};
}

std::optional<Lifetime> lifetime_of(const X509_CRL* revocations) {
  const ASN1_TIME* end = X509_CRL_get0_nextUpdate(revocations);
  if (end == nullptr) return std::nullopt;
  return Lifetime{time_of(X509_CRL_get0_lastUpdate(revocations)), time_of(end)};
}

bool is_ca(X509* certificate) {
  // 1: basicConstraints says so. Version 1 and key usage alone are not believed by clients today.
  return X509_check_ca(certificate) == 1 &&
         (X509_get_key_usage(certificate) & KU_KEY_CERT_SIGN) != 0;
}

bool may_sign_ca(X509* certificate) {
  return X509_get_pathlen(certificate) != 0;
}

bool is_self_signed(X509* certificate) {
  return X509_self_signed(certificate, 0) == 1;
}

std::string to_pem(X509* certificate) {
  const BioPtr memory(BIO_new(BIO_s_mem()));
  if (memory == nullptr || PEM_write_bio_X509(memory.get(), certificate) != 1) return {};
  const char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace ssmgate::tls
