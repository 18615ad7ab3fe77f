// getaddrinfo, and its answers and errors as values.
#include "net/system_lookup.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <boost/asio/error.hpp>

namespace ssmgate::net {
namespace {

error_code translate(int result) {
  // The resolver has other words for it, some of which say that there is no such name.
  if (result != 0 && (errno == EMFILE || errno == ENFILE)) {
    return {errno, boost::system::system_category()};
  }
  switch (result) {
    case 0: return {};
    case EAI_NONAME:
    case EAI_NODATA:
    case EAI_ADDRFAMILY: return asio::error::host_not_found;
    case EAI_AGAIN: return asio::error::host_not_found_try_again;
    case EAI_MEMORY: return asio::error::no_memory;
    case EAI_SYSTEM: return {errno, boost::system::system_category()};
    default: return asio::error::no_recovery;
  }
}

asio::ip::address address_of(const addrinfo& info) {
  if (info.ai_family == AF_INET) {
    sockaddr_in from{};
    std::memcpy(&from, info.ai_addr, sizeof from);
    return asio::ip::address_v4(ntohl(from.sin_addr.s_addr));
  }
  sockaddr_in6 from{};
  std::memcpy(&from, info.ai_addr, sizeof from);
  asio::ip::address_v6::bytes_type bytes{};
  std::memcpy(bytes.data(), &from.sin6_addr, bytes.size());
  return unmap(asio::ip::address_v6(bytes, from.sin6_scope_id));
}

}  // namespace

Resolution look_up_by_system(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  Resolution answer;
  errno = 0;
  answer.error = translate(::getaddrinfo(host.c_str(), nullptr, &hints, &found));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  if (answer.error) return answer;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (each->ai_family != AF_INET && each->ai_family != AF_INET6) continue;
    const asio::ip::address address = address_of(*each);
    if (std::find(answer.addresses.begin(), answer.addresses.end(), address) ==
        answer.addresses.end()) {
      answer.addresses.push_back(address);
    }
  }
  if (answer.addresses.empty()) answer.error = asio::error::host_not_found;
  return answer;
}

asio::ip::address unmap(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

}  // namespace ssmgate::net
