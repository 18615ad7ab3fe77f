// The two extensions that say names: what a CA may sign, and what a leaf is for.
// Built from OpenSSL's structures, never from its configuration text: a name cannot become syntax.
#pragma once

#include <array>
#include <optional>
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

// subjectAltName with one IPv4 address.
[[nodiscard]] bool add_address(X509* certificate, const std::array<unsigned char, 4>& address);

// The DNS names under which a CA may sign; nothing: it has no constraint on DNS names.
[[nodiscard]] std::optional<std::vector<std::string>> permitted_names(const X509* certificate);

// True when the CA's own constraints let it sign for `host`.
[[nodiscard]] bool may_certify(const X509* certificate, std::string_view host);

}  // namespace ssmgate::tls
