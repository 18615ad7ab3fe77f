// The two extensions that say names: what a CA may sign, and what a leaf is for.
// Built from OpenSSL's structures, never from its configuration text: a name cannot become syntax.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tls/openssl.hpp"

namespace ssmgate::tls {

// Critical nameConstraints: DNS names under `suffixes` alone, and no name of any other kind.
[[nodiscard]] bool add_name_constraints(X509* certificate,
                                        const std::vector<std::string>& suffixes);

// subjectAltName with one DNS name.
[[nodiscard]] bool add_dns_name(X509* certificate, std::string_view host);

}  // namespace ssmgate::tls
