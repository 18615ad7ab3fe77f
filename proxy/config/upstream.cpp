// `upstream`: whom the gateway believes to be AWS, and the way there.
#include <algorithm>
#include <array>

#include "config/proxy_url.hpp"
#include "config/sections.hpp"
#include "config/values.hpp"

namespace ssmgate::config {
namespace {

void load_resolve(const TreeNode& node, const Reader& read, Upstream& upstream) {
  if (node.kind != TreeNode::Kind::mapping) {
    return read.error(node, "`resolve` is no mapping; write `\"HOST:PORT\": \"ADDRESS:PORT\"`");
  }
  for (const TreeEntry& entry : node.entries) {
    const std::string& key = entry.key;
    const std::size_t colon = key.rfind(':');
    const bool lower = std::ranges::none_of(key, [](char c) { return c >= 'A' && c <= 'Z'; });
    const auto target =
        entry.value.is_scalar() ? parse_socket_address(entry.value.scalar) : std::nullopt;
    if (colon == std::string::npos || !parse_host(key.substr(0, colon)) || !lower) {
      read.error(entry.value, "`" + key +
                                  "` is not HOST:PORT in lower case, such as "
                                  "`ssm.us-east-1.amazonaws.com:443`");
    } else if (!target || target->port == 0) {
      read.error(entry.value, "`" + key +
                                  "` is not given as ADDRESS:PORT, such as "
                                  "`10.0.0.5:443`");
    } else {
      upstream.resolve[key] = *target;
    }
  }
}

// The credentials for Basic: userinfo of the url, or `username` and `password_file`; never both.
void load_credentials(const TreeNode& node, const Reader& read, const ProxyUrl& url,
                      ParentProxy& proxy) {
  const auto* username = node.find("username");
  const auto* file = node.find("password_file");
  proxy.username = url.username;
  proxy.password = url.password;
  if (username == nullptr && file == nullptr) return;
  if (url.username) {
    return read.error(node, "a user stands in the url and beside it; take one of them out");
  }
  if (username == nullptr || file == nullptr) {
    return read.error(node, "`username` and `password_file` need each other");
  }
  proxy.username = read.text(*username, "`username`");
  if (proxy.username && proxy.username->find(':') != std::string::npos) {
    read.error(*username, "`username` holds a colon, which Basic authentication cannot carry");
  }
  if (auto path = read.path(*file, "`password_file`")) proxy.password_file = *path;
}

void load_tls(const TreeNode& node, const Reader& read, ParentProxy& proxy) {
  const auto* certificate = node.find("certificate");
  const auto* key = node.find("key");
  const auto* roots = node.find("ca_file");
  if (!proxy.tls) {
    for (const auto* each : {certificate, key, roots}) {
      if (each == nullptr) continue;
      return read.error(*each,
                        "TLS settings mean nothing for a proxy at `http://`; write "
                        "`https://` or take them out");
    }
    return;
  }
  if ((certificate == nullptr) != (key == nullptr)) {
    return read.error(node, "`certificate` and `key` need each other");
  }
  if (certificate != nullptr) {
    if (auto path = read.path(*certificate, "`certificate`")) proxy.certificate = *path;
    if (auto path = read.path(*key, "`key`")) proxy.key = *path;
  }
  if (roots != nullptr) {
    if (auto path = read.path(*roots, "`ca_file`")) proxy.ca_file = *path;
  }
}

void load_proxy(const TreeNode& node, const Reader& read, Upstream& upstream) {
  static constexpr std::array<std::string_view, 6> kKnown = {
      "url", "certificate", "key", "ca_file", "username", "password_file"};
  if (!read.mapping(node, "`proxy`", kKnown)) return;
  const auto* written = node.find("url");
  if (written == nullptr) {
    return read.error(node, "`proxy` has no `url`; write `url: http://proxy.example:3128`");
  }
  const auto text = read.text(*written, "`url`");
  if (!text) return;
  auto parsed = parse_proxy_url(*text);
  if (auto* fault = std::get_if<std::string>(&parsed)) return read.error(*written, *fault);
  const auto& url = std::get<ProxyUrl>(parsed);
  ParentProxy proxy;
  proxy.tls = url.tls;
  proxy.host = url.host;
  proxy.port = url.port;
  load_credentials(node, read, url, proxy);
  load_tls(node, read, proxy);
  upstream.proxy = std::move(proxy);
}

// The kernel takes a wildcard for loopback.
SocketAddress as_dialled(const SocketAddress& given) {
  if (!is_wildcard(given.address)) return given;
  return given.address.is_v4() ? SocketAddress{IpAddress::v4({127, 0, 0, 1}), given.port}
                               : SocketAddress{*parse_ip_address("::1"), given.port};
}

// Where the parent is, as far as the configuration says; a name is looked up when it is dialled.
std::optional<SocketAddress> find_parent(const Upstream& upstream) {
  const ParentProxy& proxy = *upstream.proxy;
  const auto given = upstream.resolve.find(proxy.host + ":" + std::to_string(proxy.port));
  if (given != upstream.resolve.end()) return as_dialled(given->second);
  if (proxy.host == "localhost") return SocketAddress{IpAddress::v4({127, 0, 0, 1}), proxy.port};
  const auto host = parse_host(proxy.host);
  if (!host || !host->is_address()) return std::nullopt;
  return as_dialled({host->address(), proxy.port});
}

bool takes(const Listener& listener, const SocketAddress& address) {
  if (listener.bind.port != address.port) return false;
  const IpAddress plain = unmapped(address.address);
  if (unmapped(listener.bind.address) == plain) return true;
  // Of one family alone: `0.0.0.0` and `[::]` can stand side by side.
  return is_wildcard(listener.bind.address) && is_loopback(plain) &&
         listener.bind.address.is_v4() == plain.is_v4();
}

}  // namespace

std::optional<std::string> find_parent_loop(const Config& settings) {
  if (!settings.upstream.proxy) return std::nullopt;
  const auto parent = find_parent(settings.upstream);
  if (!parent) return std::nullopt;
  const auto own = std::ranges::find_if(
      settings.listen, [&parent](const Listener& each) { return takes(each, *parent); });
  if (own == settings.listen.end()) return std::nullopt;
  return "`upstream.proxy` leads to this gateway's own listener " +
         render_socket_address(own->bind) +
         ", and it would go on asking itself; give one of them another address";
}

void load_upstream(const TreeNode& node, const Reader& read, Upstream& value) {
  static constexpr std::array<std::string_view, 6> kKnown = {
      "ca_file", "connect_timeout", "response_timeout", "resolve", "proxy", "no_proxy"};
  if (!read.mapping(node, "`upstream`", kKnown)) return;
  if (const auto* file = node.find("ca_file")) {
    if (auto path = read.path(*file, "`ca_file`")) value.ca_file = *path;
  }
  read.duration(node.find("connect_timeout"), "`connect_timeout`", value.connect_timeout);
  read.duration(node.find("response_timeout"), "`response_timeout`", value.response_timeout);
  if (const auto* overrides = node.find("resolve")) load_resolve(*overrides, read, value);
  if (const auto* proxy = node.find("proxy")) load_proxy(*proxy, read, value);
  const auto* direct = node.find("no_proxy");
  if (direct == nullptr) return;
  read.list(*direct, "`no_proxy`", [&](const TreeNode& item) {
    const auto text = read.text(item, "an entry");
    if (!text) return;
    auto entry = NoProxyEntry::parse(*text);
    if (auto* fault = std::get_if<std::string>(&entry)) return read.error(item, *fault);
    value.no_proxy.push_back(std::move(std::get<NoProxyEntry>(entry)));
  });
}

}  // namespace ssmgate::config
