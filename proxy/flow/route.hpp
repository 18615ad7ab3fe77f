// Where a connection goes: judged by name, before anything is opened. Pure.
//
//   1   by the CONNECT line   1a SSM API → intercept   1b data channel → tunnel   1c else → egress
//   2   by the ClientHello   2a SSM API → intercept, whatever CONNECT said
//                            2b data channel → that channel   2c another name → egress
//                            2d unreadable → deny
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "config/config.hpp"
#include "ssmgate/code.hpp"
#include "ssmgate/names/endpoint.hpp"
#include "ssmgate/names/host.hpp"
#include "wire/client_hello.hpp"

namespace ssmgate::flow {

struct Route {
  enum class Kind : std::uint8_t {
    refuse,     // not opened; before the 200 as a 403, after it by hanging up
    intercept,  // TLS ends here; every request is judged
    channel,    // an SSM data channel: tunnelled, never intercepted
    tunnel,     // anything else that egress lets through
  };
  Kind kind = Kind::refuse;
  std::optional<Endpoint> endpoint;  // of intercept and channel
  std::optional<Code> refusal;       // of refuse; of intercept: every request gets this
  std::string reason;                // the refusal in words, printable
  // Of a tunnel where egress is `refuse`: the one server name that TLS inside it may ask for. An
  // address has none, so that any name is another.
  std::optional<std::string> only_name;
};

// The SSM endpoint that a name is: AWS's own, or one of `intercept.hosts`, which has no region.
[[nodiscard]] std::optional<Endpoint> find_served(std::string_view name,
                                                  const config::Intercept& intercept);

// 1: by what CONNECT names.
[[nodiscard]] Route route_connect(const Host& host, std::uint16_t port,
                                  const config::Egress& egress, const config::Intercept& intercept);

// 2: by the first bytes inside the tunnel; `by_connect` is what 1 said.
[[nodiscard]] Route route_hello(const Route& by_connect, const wire::HelloParse& hello,
                                const config::Intercept& intercept);

// True when egress lets a tunnel to `host` be opened by name.
[[nodiscard]] bool egress_allows(const Host& host, std::uint16_t port,
                                 const config::Egress& egress);

// True when an address or CIDR of `egress.deny` holds for what a name was looked up as.
[[nodiscard]] bool egress_denies_address(const IpAddress& address, std::uint16_t port,
                                         const config::Egress& egress);

// True for addresses that a tunnel may not reach, whatever name led there. `endpoint_host`: the
// tunnel's host is SSM's own, which may well be a private address (VPC endpoints): only the
// metadata and credential services of instances and containers are denied then.
[[nodiscard]] bool is_denied_address(const IpAddress& address, const config::Egress& egress,
                                     bool endpoint_host);

// The address that packets to `address` end at: the IPv4 one inside `::ffff:0:0/96`, NAT64's
// `64:ff9b::/96`, `::/96` and 6to4's `2002::/16`; else `address` itself. Nothing where only a
// translator knows (`::ffff:0:0:0/96`, `64:ff9b:1::/48`): no tunnel goes there.
[[nodiscard]] std::optional<IpAddress> find_real_address(const IpAddress& address);

}  // namespace ssmgate::flow
