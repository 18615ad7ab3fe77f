// The one client context: which upstreams we believe.
#pragma once

#include <filesystem>
#include <string_view>
#include <variant>

#include "tls/authority.hpp"
#include "tls/openssl.hpp"

namespace ssmgate::tls {

// TLS ≥ 1.2, verification on, the roots of `ca_file` alone (a PEM bundle; unreadable or empty is a
// fault), ALPN http/1.1, sessions resumed (tls/session_cache). A root is read in full when a
// verification first asks for it. `setting` is what names the file, for whoever has to mend it.
[[nodiscard]] std::variant<AuthorityFault, ContextPtr> make_upstream_context(
    const std::filesystem::path& ca_file, std::string_view setting = "upstream.ca_file");

}  // namespace ssmgate::tls
