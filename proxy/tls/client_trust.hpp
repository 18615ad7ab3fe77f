// Whom a TLS listener believes: the CAs and the revocation lists by which a client's certificate is
// judged. Does not own: which user a certificate stands for (auth/).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "tls/authority.hpp"
#include "tls/openssl.hpp"

namespace ssmgate::tls {

// From here on `context` accepts no client without a certificate for clientAuth under one of the
// certificates in `ca_file`, each of which is believed by itself, a root or not. With `crl_file` it
// must not be revoked: the list of its own CA must be there and in date, and the CAs above it are
// looked up in the lists that are there. Neither file is read again.
[[nodiscard]] std::variant<AuthorityFault, std::monostate> require_client_certificate(
    SSL_CTX* context, const std::filesystem::path& ca_file,
    const std::optional<std::filesystem::path>& crl_file);

// Whose certificate the handshake did not accept, printable; empty when there was none.
[[nodiscard]] std::string refused_subject(SSL* session);

}  // namespace ssmgate::tls
