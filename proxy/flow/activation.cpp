#include "flow/activation.hpp"

#include <algorithm>

#include "config/values.hpp"
#include "flow/gateway.hpp"

namespace ssmgate::flow {
namespace {

config::SocketAddress address_of(const net::InheritedSocket& socket) {
  config::SocketAddress address;
  address.address = to_ip_address(socket.address().address());
  address.port = socket.address().port();
  return address;
}

}  // namespace

std::variant<std::string, std::vector<int>> match_sockets(
    std::vector<net::InheritedSocket> sockets, const std::vector<EntrancePtr>& entrances) {
  std::vector<net::InheritedSocket*> chosen(entrances.size(), nullptr);
  for (net::InheritedSocket& socket : sockets) {
    const config::SocketAddress address = address_of(socket);
    const std::string name = config::render_socket_address(address);
    const auto entrance = std::ranges::find_if(entrances, [&](const EntrancePtr& each) {
      const config::SocketAddress& bind = each->settings.bind;
      return bind.address == address.address && bind.port == address.port;
    });
    if (entrance == entrances.end()) {
      return "systemd handed over a socket for " + name +
             " that no listener has; write it under `listen`, or take it out of the socket unit";
    }
    if (!address.address.is_v4() && !socket.is_v6_only()) {
      return "the socket that systemd handed over for " + name +
             " takes IPv4 as well; write `BindIPv6Only=ipv6-only` in the socket unit";
    }
    auto& place = chosen[static_cast<std::size_t>(entrance - entrances.begin())];
    if (place != nullptr) return "systemd handed over two sockets for " + name;
    place = &socket;
  }
  std::vector<int> descriptors;
  descriptors.reserve(chosen.size());
  for (net::InheritedSocket* socket : chosen) {
    descriptors.push_back(socket == nullptr ? -1 : socket->release());
  }
  return descriptors;
}

}  // namespace ssmgate::flow
