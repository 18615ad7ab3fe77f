// OpenSSL's objects as owning handles, and its errors as text.
#pragma once

#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace ssmgate::tls {

struct Free {
  void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
  void operator()(X509* p) const noexcept { X509_free(p); }
  void operator()(X509_CRL* p) const noexcept { X509_CRL_free(p); }
  void operator()(X509_EXTENSION* p) const noexcept { X509_EXTENSION_free(p); }
  void operator()(X509_NAME* p) const noexcept { X509_NAME_free(p); }
  void operator()(X509_STORE* p) const noexcept { X509_STORE_free(p); }
  void operator()(NAME_CONSTRAINTS* p) const noexcept { NAME_CONSTRAINTS_free(p); }
  void operator()(BIO* p) const noexcept { BIO_free_all(p); }
  void operator()(X509_STORE_CTX* p) const noexcept { X509_STORE_CTX_free(p); }
  void operator()(STACK_OF(X509) * p) const noexcept { sk_X509_pop_free(p, X509_free); }
};

using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;
using CertificatePtr = std::unique_ptr<X509, Free>;
using RevocationsPtr = std::unique_ptr<X509_CRL, Free>;
using CertificateStackPtr = std::unique_ptr<STACK_OF(X509), Free>;
using BioPtr = std::unique_ptr<BIO, Free>;

// Shared: a context outlives every connection that was made from it.
using ContextPtr = std::shared_ptr<SSL_CTX>;

// OpenSSL's queued errors of this thread in one line, and empties the queue.
[[nodiscard]] std::string take_errors();

}  // namespace ssmgate::tls
