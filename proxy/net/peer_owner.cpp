#include "net/peer_owner.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "net/system_lookup.hpp"

namespace ssmgate::net {
namespace {

namespace ip = boost::asio::ip;
using Endpoint = ip::tcp::endpoint;

struct CloseSocket {
  void operator()(mnl_socket* socket) const noexcept { mnl_socket_close(socket); }
};

OwnerFault fault(std::string detail) {
  return OwnerFault{std::move(detail), OwnerFault::Kind::unclear};
}

OwnerFault system_fault(std::string_view what, int number) {
  return OwnerFault{std::string(what) + ": " + std::generic_category().message(number),
                    OwnerFault::Kind::unasked};
}

OwnerFault gone() {
  return OwnerFault{"the client's socket was closed before its owner was found",
                    OwnerFault::Kind::gone};
}

void put_address(const ip::address& address, __be32 (&out)[4]) {
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    std::memcpy(out, bytes.data(), bytes.size());
  } else {
    const auto bytes = address.to_v6().to_bytes();
    std::memcpy(out, bytes.data(), bytes.size());
  }
}

Endpoint get_endpoint(int family, const __be32 (&words)[4], __be16 port) {
  if (family == AF_INET) {
    ip::address_v4::bytes_type bytes;
    std::memcpy(bytes.data(), words, bytes.size());
    return {ip::address_v4(bytes), ntohs(port)};
  }
  ip::address_v6::bytes_type bytes;
  std::memcpy(bytes.data(), words, bytes.size());
  return {unmap(ip::address_v6(bytes)), ntohs(port)};
}

Endpoint unmapped(const Endpoint& endpoint) {
  return {unmap(endpoint.address()), endpoint.port()};
}

// The id by which the kernel names, in a user namespace that leaves some users out, all of those:
// nobody's. Nothing where every user has a number.
std::optional<uid_t> find_overflow() {
  std::ifstream map("/proc/self/uid_map");
  std::uint64_t inside = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
  map >> inside >> outside >> count;
  if (inside == 0 && count >= 0xffffffffULL) return std::nullopt;
  uid_t overflow = 65534;
  std::ifstream("/proc/sys/kernel/overflowuid") >> overflow;
  return overflow;
}

}  // namespace

bool has_number_of_its_own(uid_t uid) {
  static const std::optional<uid_t> overflow = find_overflow();
  return uid != overflow;
}

Owner read_owner(std::span<const unsigned char> message, const ClientEnd& end) {
  nlmsghdr header{};
  if (message.size() < sizeof header) return fault("the kernel's answer is cut off");
  std::memcpy(&header, message.data(), sizeof header);
  if (header.nlmsg_len > message.size()) return fault("the kernel's answer is cut off");
  const auto payload = message.subspan(sizeof header);
  if (header.nlmsg_type == NLMSG_ERROR) {
    nlmsgerr trouble{};
    if (payload.size() < sizeof trouble) return fault("the kernel's answer is cut off");
    std::memcpy(&trouble, payload.data(), sizeof trouble);
    if (trouble.error == -ENOENT) return gone();
    return system_fault("the kernel does not tell the client's user", -trouble.error);
  }
  inet_diag_msg found{};
  if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY || payload.size() < sizeof found) {
    return fault("the kernel's answer is of an unknown kind");
  }
  std::memcpy(&found, payload.data(), sizeof found);
  // The kernel falls back to a listener of that address: only this very connection counts.
  const Endpoint own = get_endpoint(found.idiag_family, found.id.idiag_src, found.id.idiag_sport);
  const Endpoint peer = get_endpoint(found.idiag_family, found.id.idiag_dst, found.id.idiag_dport);
  if (own != unmapped(end.own) || peer != unmapped(end.peer)) return gone();
  // INVARIANT: a socket that is closed or waits out its time has no inode, and user id 0: without
  // this its user would be root.
  if (found.idiag_state != TCP_ESTABLISHED || found.idiag_inode == 0) return gone();
  return uid_t{found.idiag_uid};
}

Owner find_owner(const ClientEnd& end) {
  const Endpoint own = unmapped(end.own);
  const Endpoint peer = unmapped(end.peer);
  if (!own.address().is_loopback() || !peer.address().is_loopback()) {
    return fault("the client is not on this machine's loopback");
  }
  const std::unique_ptr<mnl_socket, CloseSocket> socket(
      mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (socket == nullptr) return system_fault("the kernel cannot be asked", errno);

  std::array<unsigned char, 8192> buffer{};
  nlmsghdr* header = mnl_nlmsg_put_header(buffer.data());
  header->nlmsg_type = SOCK_DIAG_BY_FAMILY;
  header->nlmsg_flags = NLM_F_REQUEST;
  auto* request =
      static_cast<inet_diag_req_v2*>(mnl_nlmsg_put_extra_header(header, sizeof(inet_diag_req_v2)));
  request->sdiag_family = own.address().is_v4() ? AF_INET : AF_INET6;
  request->sdiag_protocol = IPPROTO_TCP;
  request->idiag_states = 1U << TCP_ESTABLISHED;
  request->id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  request->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  request->id.idiag_sport = htons(own.port());
  request->id.idiag_dport = htons(peer.port());
  put_address(own.address(), request->id.idiag_src);
  put_address(peer.address(), request->id.idiag_dst);
  if (mnl_socket_sendto(socket.get(), header, header->nlmsg_len) < 0) {
    return system_fault("the kernel cannot be asked", errno);
  }
  const ssize_t size = mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
  if (size < 0) return system_fault("the kernel gave no answer", errno);
  Owner owner = read_owner({buffer.data(), static_cast<std::size_t>(size)}, end);
  const auto* uid = std::get_if<uid_t>(&owner);
  if (uid != nullptr && !has_number_of_its_own(*uid)) {
    return OwnerFault{"the client's user has no number of its own in the gateway's user namespace",
                      OwnerFault::Kind::unnumbered};
  }
  return owner;
}

}  // namespace ssmgate::net
