// Loaded into the gateway before libc: fails one of its calls on TCP sockets, so that a test can
// fail each step of a connection in turn. Other descriptors are left alone.
//
// What is to fail stands in the file that SSMGATE_FAULTS names, which the test writes to while the
// gateway runs: four 32-bit numbers, see `Order`.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "shared_place.hpp"

namespace {

enum Kind : std::uint32_t { reset = 1, timeout, refusal, end, shortened, no_memory };
enum Call : std::uint32_t { receive = 1, sending, connecting, accepting, moving, ending };

struct Order {
  std::atomic<std::uint32_t> number;  // which call fails, from 1; 0: none, and none is counted
  std::atomic<std::uint32_t> kind;    // a Kind
  std::atomic<std::uint32_t> count;   // of the calls so far
  std::atomic<std::uint32_t> failed;  // the Call that did, or 0
};

bool is_tcp(int descriptor) {
  int domain = 0;
  int type = 0;
  socklen_t size = sizeof domain;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
         (domain == AF_INET || domain == AF_INET6) &&
         ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

// The Kind by which this call fails; 0: it does not.
std::uint32_t fault_of(int descriptor, Call call) {
  static Order* const order = ssmgate::test::open_shared<Order>("SSMGATE_FAULTS");
  if (order == nullptr || order->number == 0) return 0;
  const int before = errno;
  const bool tcp = is_tcp(descriptor);
  errno = before;
  if (!tcp || ++order->count != order->number) return 0;
  order->failed = call;
  return order->kind;
}

int error_of(std::uint32_t kind, Call call) {
  switch (kind) {
    case reset: return call == accepting ? ECONNABORTED : ECONNRESET;
    case timeout: return call == accepting ? 0 : ETIMEDOUT;
    case refusal: return call == connecting ? ECONNREFUSED : call == receive ? ENOTCONN : EPIPE;
    case no_memory: return call == accepting ? EMFILE : ENOBUFS;
    default: return 0;
  }
}

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

// After a short write of its own making the kernel says when there is room again; after ours it
// would not. Setting the buffer's size, to what it is, makes it say so.
void announce_room(int descriptor) {
  int room = 0;
  socklen_t size = sizeof room;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &room, &size) != 0) return;
  room /= 2;
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &room, size);
}

// True: the call is over, with `errno` set.
bool fails(std::uint32_t kind, Call call) {
  const int error = kind == 0 ? 0 : error_of(kind, call);
  if (error != 0) errno = error;
  return error != 0;
}

}  // namespace

extern "C" {

ssize_t recv(int descriptor, void* to, size_t size, int flags) {
  static auto* const real = next<decltype(recv)>("recv");
  const std::uint32_t kind = (flags & MSG_PEEK) != 0 ? 0 : fault_of(descriptor, receive);
  if (fails(kind, receive)) return -1;
  if (kind == end) return 0;
  return real(descriptor, to, kind == shortened && size > 1 ? 1 : size, flags);
}

ssize_t recvmsg(int descriptor, msghdr* message, int flags) {
  static auto* const real = next<decltype(recvmsg)>("recvmsg");
  const std::uint32_t kind = fault_of(descriptor, receive);
  if (fails(kind, receive)) return -1;
  return kind == end ? 0 : real(descriptor, message, flags);
}

ssize_t send(int descriptor, const void* from, size_t size, int flags) {
  static auto* const real = next<decltype(send)>("send");
  const std::uint32_t kind = fault_of(descriptor, sending);
  if (fails(kind, sending)) return -1;
  if (kind != shortened || size <= 1) return real(descriptor, from, size, flags);
  const ssize_t sent = real(descriptor, from, 1, flags);
  announce_room(descriptor);
  return sent;
}

ssize_t sendmsg(int descriptor, const msghdr* message, int flags) {
  static auto* const real = next<decltype(sendmsg)>("sendmsg");
  if (fails(fault_of(descriptor, sending), sending)) return -1;
  return real(descriptor, message, flags);
}

int connect(int descriptor, const sockaddr* address, socklen_t size) {
  static auto* const real = next<decltype(connect)>("connect");
  if (fails(fault_of(descriptor, connecting), connecting)) return -1;
  return real(descriptor, address, size);
}

int accept4(int descriptor, sockaddr* address, socklen_t* size, int flags) {
  static auto* const real = next<decltype(accept4)>("accept4");
  if (fails(fault_of(descriptor, accepting), accepting)) return -1;
  return real(descriptor, address, size, flags);
}

ssize_t splice(int from, off64_t* from_at, int to, off64_t* to_at, size_t size, unsigned flags) {
  static auto* const real = next<decltype(splice)>("splice");
  const bool incoming = is_tcp(from);
  const std::uint32_t kind = fault_of(incoming ? from : to, moving);
  if (fails(kind, incoming ? receive : sending)) return -1;
  if (kind == end && incoming) return 0;
  const bool cut = kind == shortened && size > 1;
  const ssize_t moved = real(from, from_at, to, to_at, cut ? 1 : size, flags);
  if (cut && !incoming) announce_room(to);
  return moved;
}

int shutdown(int descriptor, int how) {
  static auto* const real = next<decltype(shutdown)>("shutdown");
  if (fails(fault_of(descriptor, ending), ending)) return -1;
  return real(descriptor, how);
}

}  // extern "C"
