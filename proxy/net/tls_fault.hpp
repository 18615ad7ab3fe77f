// Why a handshake failed, in a person's words.
#pragma once

#include <string>

#include "net/tls_stream.hpp"

namespace ssmgate::net {

// Notes what a foreign certificate is for while a client's handshake runs: OpenSSL forgets a peer's
// certificate that it did not accept.
class CertificateNote {
 public:
  explicit CertificateNote(SSL* session);
  CertificateNote(const CertificateNote&) = delete;
  CertificateNote& operator=(const CertificateNote&) = delete;
  ~CertificateNote();
  // "`a.example`, `b.example`"; empty when there is nothing to tell.
  [[nodiscard]] const std::string& names() const { return names_; }

 private:
  static int verify(int good, X509_STORE_CTX* context);
  SSL* session_;
  std::string names_;
};

// `error` is what the handshake ended with; `session` is asked for the verification's result;
// `names` are the note's, `host` is what the certificate was checked for.
[[nodiscard]] HandshakeFault explain_connect(error_code error, SSL* session,
                                             const std::string& names, const std::string& host);
// Of a client's handshake with us; `session` may be null, when there was none yet.
[[nodiscard]] HandshakeFault explain_accept(error_code error, SSL* session);

}  // namespace ssmgate::net
