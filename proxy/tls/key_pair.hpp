// A certificate that a person gave, with those above it, and its key.
#pragma once

#include <filesystem>
#include <variant>
#include <vector>

#include "tls/authority.hpp"
#include "tls/openssl.hpp"

namespace ssmgate::tls {

struct KeyPair {
  std::vector<CertificatePtr> chain;  // its own, then those above it; never empty
  KeyPtr key;
};

// PEM files; the key without a password and its owner's alone. A file that cannot be read, a key
// that is not the certificate's, and an expired certificate are faults.
[[nodiscard]] std::variant<AuthorityFault, KeyPair> load_key_pair(
    const std::filesystem::path& certificate, const std::filesystem::path& key,
    Clock::time_point now);

// Shows it to whoever asks, on connections made from `context`. False: OpenSSL's queue is filled.
[[nodiscard]] bool use_key_pair(SSL_CTX* context, const KeyPair& pair);

}  // namespace ssmgate::tls
