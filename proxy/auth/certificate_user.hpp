// Which user a client's certificate stands for. Does not own: whether it is believed (tls/).
#pragma once

#include <string>
#include <variant>

#include <openssl/x509.h>

namespace ssmgate::auth {

struct CertificateFault {
  std::string detail;  // printable
};

// The first URI among the subject's alternative names, else the first DNS name, else the first
// e-mail address; without any of the three the last (most specific) common name of the subject. As
// it stands there: case counts, as in a policy. A fault: there is none, or it is empty, longer than
// 256 bytes, no UTF-8, or has control or invisible characters.
[[nodiscard]] std::variant<CertificateFault, std::string> user_of_certificate(X509* certificate);

}  // namespace ssmgate::auth
