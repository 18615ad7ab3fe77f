// The system's resolver, blocking.
#pragma once

#include <string>

#include <boost/asio/ip/address.hpp>

#include "net/resolver.hpp"

namespace ssmgate::net {

// getaddrinfo for TCP, with the families that this machine has (AI_ADDRCONFIG).
[[nodiscard]] Resolution look_up_by_system(const std::string& host);

// ::ffff:a.b.c.d is a.b.c.d: a filter of addresses must see where a packet goes.
[[nodiscard]] asio::ip::address unmap(const asio::ip::address& address);

}  // namespace ssmgate::net
