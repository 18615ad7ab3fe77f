// How the gateway speaks TLS to its clients with a given leaf.
#pragma once

#include <vector>

#include "tls/openssl.hpp"

namespace ssmgate::tls {

// TLS ≥ 1.2, ALPN http/1.1 alone, no resumption. `chain` are the certificates
// sent after the leaf. Null, with OpenSSL's queue filled, only when OpenSSL fails.
[[nodiscard]] ContextPtr make_server_context(X509* leaf, EVP_PKEY* key,
                                             const std::vector<X509*>& chain);

// "http/1.1" in ALPN's wire form.
[[nodiscard]] bool offer_http11(SSL_CTX* context);

}  // namespace ssmgate::tls
