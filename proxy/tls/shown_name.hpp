// By which name clients reach a TLS listener, and what they must believe for it.
#pragma once

#include <filesystem>
#include <string>
#include <variant>

#include "tls/authority.hpp"

namespace ssmgate::tls {

struct ShownName {
  std::string name;       // `address` where the certificate is for it, else its first DNS name
  std::string roots_pem;  // the self-signed certificates among those of the file; often none
};

// `address` as the certificate would have it: no brackets. A fault: the file cannot be read, or the
// certificate is for neither an address nor a name without a wildcard.
[[nodiscard]] std::variant<AuthorityFault, ShownName> find_shown_name(
    const std::filesystem::path& certificate, const std::string& address);

}  // namespace ssmgate::tls
