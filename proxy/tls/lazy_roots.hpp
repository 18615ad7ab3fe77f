// Roots that are read when a verification asks for them.
//
// OpenSSL 3.0 takes 150 µs to read one certificate, most of it to find a decoder for its key. A
// system's bundle has 140, and a gateway needs two or three of them in its life.
#pragma once

#include <string>
#include <vector>

#include "tls/openssl.hpp"

namespace ssmgate::tls {

// Lets `store` find the certificates `ders` by their subjects. Returns 0, or the number (from 1) of
// the first that is none: its outer form is looked at now, the rest when it is asked for.
[[nodiscard]] std::size_t add_lazy_roots(X509_STORE* store, std::vector<std::string> ders);

}  // namespace ssmgate::tls
