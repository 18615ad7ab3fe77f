#include "net/inherited.hpp"

#include <cstdlib>
#include <memory>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

namespace ssmgate::net {
namespace {

using Endpoint = boost::asio::ip::tcp::endpoint;

struct FreeNames {
  void operator()(char** names) const noexcept {
    for (char** each = names; each != nullptr && *each != nullptr; ++each) std::free(*each);
    std::free(static_cast<void*>(names));
  }
};

std::string fault_of(int descriptor, const char* name) {
  return "systemd handed over descriptor " + std::to_string(descriptor) + " (`" +
         (name == nullptr ? "" : name) +
         "`), which is no listening TCP socket; use `ListenStream=ADDRESS:PORT`";
}

// Empty address: not one of TCP.
bool read_address(int descriptor, Endpoint& address) {
  auto size = static_cast<socklen_t>(address.capacity());
  if (::getsockname(descriptor, address.data(), &size) != 0) return false;
  const int family = address.data()->sa_family;
  if (family != AF_INET && family != AF_INET6) return false;
  address.resize(size);
  return true;
}

bool is_v6_only(int descriptor) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &value, &size) == 0 && value != 0;
}

}  // namespace

InheritedSocket::InheritedSocket(InheritedSocket&& other) noexcept
    : descriptor_(other.release()), address_(std::move(other.address_)), v6_only_(other.v6_only_) {}

InheritedSocket::~InheritedSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int InheritedSocket::release() noexcept {
  return std::exchange(descriptor_, -1);
}

std::variant<std::string, std::vector<InheritedSocket>> take_inherited_sockets() {
  char** raw = nullptr;
  const int count = ::sd_listen_fds_with_names(1, &raw);  // 1: the variables go
  const std::unique_ptr<char*, FreeNames> names(raw);
  if (count < 0) {
    return "the sockets of systemd cannot be taken over: " +
           std::generic_category().message(-count);
  }
  std::vector<InheritedSocket> sockets;
  for (int i = 0; i < count; ++i) {
    const int descriptor = SD_LISTEN_FDS_START + i;
    Endpoint address;
    if (::sd_is_socket(descriptor, AF_UNSPEC, SOCK_STREAM, 1) <= 0 ||
        !read_address(descriptor, address)) {
      return fault_of(descriptor, raw == nullptr ? nullptr : raw[i]);
    }
    // INVARIANT: the accept loop never blocks (descriptor.hpp).
    ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
    sockets.emplace_back(descriptor, address, is_v6_only(descriptor));
  }
  return sockets;
}

}  // namespace ssmgate::net
