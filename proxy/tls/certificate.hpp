// The three certificates that the gateway makes, and the questions it asks of one that is given.
// Owns every extension and lifetime; knows no file and no clock.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tls/authority.hpp"
#include "tls/openssl.hpp"

namespace ssmgate::tls {

struct Lifetime {
  Clock::time_point begin;
  Clock::time_point end;
};

// A certificate that signs, with its key.
struct Signer {
  CertificatePtr certificate;
  KeyPtr key;
};

// LIMIT: a leaf is valid for 7 days in total: long enough that no client sees a change within a
// session, short enough that a stolen one is soon worthless.
inline constexpr std::chrono::hours kLeafLife{7 * 24};
inline constexpr std::chrono::hours kRootLife{3650 * 24};
// Certificates are back-dated: a client's clock may be behind ours.
inline constexpr std::chrono::hours kBackdate{1};

// A new P-256 key; null only when OpenSSL fails.
[[nodiscard]] KeyPtr make_key();

// A self-signed root named after `hostname` and the day, for names under `suffixes` alone.
// All three makers return null (with OpenSSL's queue filled) only when OpenSSL fails.
[[nodiscard]] CertificatePtr make_root(EVP_PKEY* key, std::string_view hostname,
                                       const std::vector<std::string>& suffixes,
                                       const Lifetime& life);

// A root of our own with its key: for SSM's suffixes and `hosts` alone.
[[nodiscard]] std::variant<AuthorityFault, Signer> make_own_root(Clock::time_point now,
                                                                 const PrivateHosts& hosts);

// A CA under `issuer` that may sign leaves only, with the same constraints.
[[nodiscard]] CertificatePtr make_intermediate(EVP_PKEY* key, const Signer& issuer,
                                               const std::vector<std::string>& suffixes,
                                               const Lifetime& life);

// A server certificate for exactly one DNS name.
[[nodiscard]] CertificatePtr make_leaf(EVP_PKEY* key, const Signer& issuer, std::string_view host,
                                       const Lifetime& life);

// The same for an address: for proving that nobody believes it.
[[nodiscard]] CertificatePtr make_address_leaf(EVP_PKEY* key, const Signer& issuer,
                                               const std::array<unsigned char, 4>& address,
                                               const Lifetime& life);

// `begin` an hour before `now`, `end` at most `whole` after it and not beyond the issuer's.
[[nodiscard]] Lifetime life_under(const Signer& issuer, Clock::time_point now,
                                  std::chrono::hours whole);

[[nodiscard]] Lifetime lifetime_of(const X509* certificate);
// What has no end says the year 9999 (SOURCE: RFC 5280 §4.1.2.5), beyond what the clock can: `max`.
[[nodiscard]] Clock::time_point time_of(const ASN1_TIME* time);
// Until newer ones must be there; nothing where they say no end.
[[nodiscard]] std::optional<Lifetime> lifetime_of(const X509_CRL* revocations);
[[nodiscard]] bool is_ca(X509* certificate);
// True when the certificate's path length leaves room for a CA below it.
[[nodiscard]] bool may_sign_ca(X509* certificate);
[[nodiscard]] bool is_self_signed(X509* certificate);
[[nodiscard]] std::string to_pem(X509* certificate);

}  // namespace ssmgate::tls
