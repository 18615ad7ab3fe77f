// Whom a TLS listener believes: the CAs and the revocation lists by which a client's certificate is
// judged, in the handshake and as time goes by. Does not own: which user a certificate stands for
// (auth/).
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

// Why the handshake did not accept the client's certificate, and whose it was; printable.
[[nodiscard]] std::string explain_refused(SSL* session);

// What a client has shown in its handshake, and how long that is good for.
struct ClientProof {
  CertificatePtr certificate;  // null: it showed none
  CertificateStackPtr others;  // that came with it
  // The next moment at which the verification may say another thing: a certificate of its chain
  // ends, or a list that may speak of one of them ends or begins.
  Clock::time_point until = Clock::time_point::max();
};

// After a handshake that began at `begun` and was good.
[[nodiscard]] ClientProof read_client_proof(SSL* session, Clock::time_point begun);

// What the handshake verified, verified at `now`, by the same `context`. Empty: it is good, and
// `proof.until` is the next moment; else why it is not, as explain_refused. Costs what it costs in
// the handshake: `proof` shows a certificate.
[[nodiscard]] std::optional<std::string> verify_anew(SSL_CTX* context, ClientProof& proof,
                                                     Clock::time_point now);

}  // namespace ssmgate::tls
