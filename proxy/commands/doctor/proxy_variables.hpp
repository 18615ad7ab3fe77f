// Which proxy each client takes from the environment, and which hosts it keeps from it. Pure.
// SOURCE: urllib.request.getproxies_environment and proxy_bypass_environment (botocore);
// golang.org/x/net/http/httpproxy (session-manager-plugin, Go's SDKs).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "commands/doctor/finding.hpp"
#include "commands/doctor/surroundings.hpp"
#include "config/proxy_url.hpp"

namespace ssmgate::doctor {

// The proxy for https:// URLs; absent: none.
struct ProxySeen {
  std::optional<std::string> botocore;
  std::optional<std::string> go;
};
[[nodiscard]] ProxySeen find_proxy(const Environment& environment);

// `url` as botocore and Go read it: without a scheme it is http. A fault does not repeat userinfo.
[[nodiscard]] std::variant<std::string, config::ProxyUrl> read_proxy(std::string_view url);
// "http://127.0.0.1:8877", without userinfo.
[[nodiscard]] std::string render_proxy(const config::ProxyUrl& proxy);

// `gateway`: the URL of the gateway that the configuration speaks of, empty when unknown.
[[nodiscard]] Findings check_proxy_variables(const Environment& environment, const OwnCommands& own,
                                             std::string_view gateway);

// True when NO_PROXY entry `entry` keeps `host` (port 443) from the proxy in that client.
[[nodiscard]] bool botocore_bypasses(std::string_view entry, std::string_view host);
[[nodiscard]] bool go_bypasses(std::string_view entry, std::string_view host);

// `api` and `channel`: the region's hosts.
[[nodiscard]] Findings check_no_proxy(const Environment& environment, std::string_view api,
                                      std::string_view channel);

// Whether the services that give credentials to instances and containers are asked directly.
[[nodiscard]] Findings check_credential_hosts(const Environment& environment);

}  // namespace ssmgate::doctor
