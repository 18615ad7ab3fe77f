// How a TLS listener speaks to its clients: by a certificate that a person gave it.
#pragma once

#include <filesystem>
#include <optional>
#include <variant>

#include "tls/authority.hpp"
#include "tls/openssl.hpp"

namespace ssmgate::tls {

struct ListenerFiles {
  std::filesystem::path certificate;  // PEM: the listener's own, then those above it
  std::filesystem::path key;          // PEM, without a password, its owner's alone
  std::optional<std::filesystem::path> client_ca;
  std::optional<std::filesystem::path> crl;
};

// TLS ≥ 1.2, ALPN absent or http/1.1. A file that cannot be read, a key that others can reach or
// that is not the certificate's, and an expired certificate are faults.
[[nodiscard]] std::variant<AuthorityFault, ContextPtr> make_listener_context(
    const ListenerFiles& files, Clock::time_point now);

}  // namespace ssmgate::tls
