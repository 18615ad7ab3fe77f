#include "flow/route.hpp"

#include <algorithm>

#include "ssmgate/rules/decide.hpp"

namespace ssmgate::flow {
namespace {

constexpr std::uint16_t kHttps = 443;

Route refuse(Code code, std::string reason) {
  Route route;
  route.refusal = code;
  route.reason = std::move(reason);
  return route;
}

Route route_endpoint(Endpoint endpoint, std::uint16_t port) {
  Route route;
  const bool api = endpoint.service == Endpoint::Service::api;
  if (port != kHttps && !api) {
    return refuse(Code::egress, "port " + std::to_string(port) + " of " + endpoint.host +
                                    " is no data channel; only 443 is");
  }
  if (port != kHttps) {
    // Clients never show the answer to a refused CONNECT: refused inside the TLS instead.
    route.refusal = Code::endpoint_mismatch;
    route.reason = "port " + std::to_string(port) + " of " + endpoint.host +
                   " is not an SSM endpoint; use port 443";
  }
  route.kind = api ? Route::Kind::intercept : Route::Kind::channel;
  route.endpoint = std::move(endpoint);
  return route;
}

bool is_closed(const config::Egress& egress) {
  return egress.otherwise == config::Egress::Default::refuse;
}

bool any_matches(const std::vector<config::EgressEntry>& entries, const Host& host,
                 std::uint16_t port) {
  return std::ranges::any_of(entries, [&](const config::EgressEntry& entry) {
    return (!entry.port || *entry.port == port) && entry.host.matches(host);
  });
}

bool in_any(const IpAddress& address, std::initializer_list<Cidr> blocks) noexcept {
  return std::ranges::any_of(blocks, [&](const Cidr& block) { return block.contains(address); });
}

struct Blocks {
  // The metadata service, and the credentials of ECS tasks and EKS pods.
  Cidr metadata_v4 = *parse_cidr("169.254.169.254");
  Cidr ecs_credentials = *parse_cidr("169.254.170.2");
  Cidr eks_credentials = *parse_cidr("169.254.170.23");
  Cidr amazon_v6 = *parse_cidr("fd00:ec2::/32");
  Cidr loopback_v4 = *parse_cidr("127.0.0.0/8");
  Cidr loopback_v6 = *parse_cidr("::1");
  Cidr link_local_v4 = *parse_cidr("169.254.0.0/16");
  Cidr link_local_v6 = *parse_cidr("fe80::/10");
  Cidr multicast_v4 = *parse_cidr("224.0.0.0/4");
  Cidr multicast_v6 = *parse_cidr("ff00::/8");
  Cidr unspecified_v4 = *parse_cidr("0.0.0.0/8");
  Cidr unspecified_v6 = *parse_cidr("::");
};

// 2c: where egress is closed, what is asked for inside must be what CONNECT named.
Route check_name(const Route& by_connect, const std::string& asked) {
  if (!by_connect.only_name) return by_connect;
  const auto host = parse_host(asked);
  if (host && host->text() == *by_connect.only_name) return by_connect;
  return refuse(Code::egress,
                "the tunnel's TLS asks for another server than its CONNECT, which "
                "`egress` does not let through");
}

}  // namespace

bool egress_allows(const Host& host, std::uint16_t port, const config::Egress& egress) {
  if (any_matches(egress.deny, host, port)) return false;
  if (any_matches(egress.allow, host, port)) return true;
  // An address says nothing of whom it leads to: it may be SSM's own.
  return !host.is_address() && !is_closed(egress);
}

std::optional<IpAddress> find_real_address(const IpAddress& address) {
  const auto host = parse_host(render_ip_address(address));
  if (!host) return std::nullopt;
  const auto bytes = host->address().bytes();
  const bool sixtofour = bytes.size() == 16 && bytes[0] == 0x20 && bytes[1] == 0x02;
  if (sixtofour) return IpAddress::v4({bytes[2], bytes[3], bytes[4], bytes[5]});
  return host->address();
}

bool egress_denies_address(const IpAddress& address, std::uint16_t port,
                           const config::Egress& egress) {
  const auto host = parse_host(render_ip_address(address));
  const auto real = find_real_address(address);
  if (!host || !real) return true;
  return any_matches(egress.deny, *host, port) ||
         any_matches(egress.deny, *parse_host(render_ip_address(*real)), port);
}

std::optional<Endpoint> find_served(std::string_view name, const config::Intercept& intercept) {
  if (auto endpoint = find_endpoint(name)) return endpoint;
  if (intercept.hosts.empty()) return std::nullopt;
  const auto host = parse_host(name);
  if (!host || host->is_address()) return std::nullopt;
  if (std::ranges::find(intercept.hosts, host->name()) == intercept.hosts.end()) {
    return std::nullopt;
  }
  Endpoint endpoint;
  endpoint.host = host->name();
  return endpoint;
}

Route route_connect(const Host& host, std::uint16_t port, const config::Egress& egress,
                    const config::Intercept& intercept) {
  if (!host.is_address()) {
    if (auto endpoint = find_served(host.name(), intercept)) {
      Route route = route_endpoint(std::move(*endpoint), port);
      if (route.kind == Route::Kind::channel && is_closed(egress)) route.only_name = host.name();
      return route;
    }
  }
  if (host.is_address() && is_denied_address(host.address(), egress, false)) {
    return refuse(Code::egress, host.text() + " is where this gateway may not connect to");
  }
  if (!egress_allows(host, port, egress)) {
    if (host.is_address() && !is_closed(egress)) {
      return refuse(Code::egress, host.text() + ":" + std::to_string(port) +
                                      " is a bare address, which is let through only where an "
                                      "entry of `egress.allow` names it");
    }
    return refuse(Code::egress, host.text() + ":" + std::to_string(port) +
                                    " is not let through by `egress`; ask for an entry in "
                                    "`egress.allow`");
  }
  Route route;
  route.kind = Route::Kind::tunnel;
  if (is_closed(egress)) {
    route.only_name = host.is_address() ? std::string() : host.name();
  }
  return route;
}

Route route_hello(const Route& by_connect, const wire::HelloParse& hello,
                  const config::Intercept& intercept) {
  using Fault = wire::HelloFault::Kind;
  if (const auto* fault = std::get_if<wire::HelloFault>(&hello)) {
    const bool intercepted = by_connect.kind == Route::Kind::intercept;
    if (fault->kind == Fault::not_tls && !intercepted) return by_connect;
    if (fault->kind == Fault::not_tls) {
      return refuse(Code::request_line, "no TLS was spoken inside the tunnel to an SSM endpoint: " +
                                            fault->detail + "; use https://");
    }
    return refuse(Code::endpoint_mismatch, "the ClientHello cannot be trusted: " + fault->detail);
  }
  const auto* client_hello = std::get_if<wire::ClientHello>(&hello);
  if (client_hello == nullptr || !client_hello->server_name) return by_connect;
  auto named = find_served(*client_hello->server_name, intercept);
  if (!named) return check_name(by_connect, *client_hello->server_name);
  if (named->service == Endpoint::Service::channel) {
    // 2b: behind another name it counts as that data channel; an SSM endpoint stays one.
    Route route = check_name(by_connect, *client_hello->server_name);
    if (route.kind == Route::Kind::intercept || route.kind == Route::Kind::refuse) return route;
    route.kind = Route::Kind::channel;
    route.endpoint = std::move(named);
    return route;
  }
  // 2a: the SNI decides, so that a name hidden behind another CONNECT is intercepted as well. The
  // requests inside are refused, because CONNECT and SNI do not name one endpoint.
  Route route;
  route.kind = Route::Kind::intercept;
  route.endpoint = std::move(named);
  route.refusal = by_connect.refusal;
  route.reason = by_connect.reason;
  return route;
}

bool is_denied_address(const IpAddress& address, const config::Egress& egress, bool endpoint_host) {
  static const Blocks kBlocks;
  const auto real = find_real_address(address);
  if (!real) return !endpoint_host;
  const IpAddress& plain = *real;
  const Blocks& blocks = kBlocks;
  if (in_any(plain, {blocks.metadata_v4, blocks.ecs_credentials, blocks.eks_credentials,
                     blocks.amazon_v6})) {
    return true;
  }
  if (endpoint_host) return false;
  return (egress.deny_loopback && in_any(plain, {blocks.loopback_v4, blocks.loopback_v6})) ||
         (egress.deny_link_local && in_any(plain, {blocks.link_local_v4, blocks.link_local_v6})) ||
         (egress.deny_multicast && in_any(plain, {blocks.multicast_v4, blocks.multicast_v6})) ||
         (egress.deny_unspecified && in_any(plain, {blocks.unspecified_v4, blocks.unspecified_v6}));
}

}  // namespace ssmgate::flow
