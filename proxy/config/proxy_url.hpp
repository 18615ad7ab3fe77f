// The address of a parent proxy, as people write it: http://user:password@proxy.example:3128
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace ssmgate::config {

struct ProxyUrl {
  bool tls = false;         // https: TLS is spoken to the proxy itself
  std::string host;         // canonical
  std::uint16_t port = 80;  // 443 for https, where none is given
  // Percent-decoded; absent: no userinfo.
  std::optional<std::string> username;
  std::string password;
};

// A fault in words that do not repeat the userinfo: it may hold a password. Only `http` and
// `https`; no path but `/`, no query, no fragment.
[[nodiscard]] std::variant<std::string, ProxyUrl> parse_proxy_url(std::string_view text);

}  // namespace ssmgate::config
