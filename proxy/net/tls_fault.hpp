// Why a handshake failed, in a person's words.
#pragma once

#include <string>

#include "net/tls_stream.hpp"

namespace ssmgate::net {

// `error` is what the handshake ended with. `session` is asked for the verification's result and
// the peer's certificate; `host` is what the certificate was checked for.
[[nodiscard]] HandshakeFault explain_connect(error_code error, SSL* session,
                                             const std::string& host);
[[nodiscard]] HandshakeFault explain_accept(error_code error);

}  // namespace ssmgate::net
