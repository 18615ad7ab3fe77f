#include "state/log_socket.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <openssl/err.h>

namespace ssmgate::state {
namespace {

using Transport = config::LogAddress::Transport;
using Connected = std::variant<std::string, std::unique_ptr<LogSocket>>;

// LIMIT: what was sent and is not acknowledged within that time ends the connection, so that a
// server whose machine is gone is noticed.
constexpr unsigned kUnacknowledged = 5000;  // ms

// LIMIT: so long a server may take to refuse our certificate.
constexpr std::chrono::milliseconds kVerdict{200};

constexpr int kSocketFlags = SOCK_NONBLOCK | SOCK_CLOEXEC;

std::string because(std::string_view what, int number) {
  return std::string(what) + ": " + std::strerror(number);
}

int remaining(LogSocket::Clock::time_point until) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(until - LogSocket::Clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

// True once `fd` is ready; false with errno, ETIMEDOUT at the deadline.
bool poll_for(int fd, short events, LogSocket::Clock::time_point until) {
  for (;;) {
    pollfd one{fd, events, 0};
    const int count = ::poll(&one, 1, remaining(until));
    if (count > 0) return true;
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) errno = ETIMEDOUT;
    return false;
  }
}

bool finish_connecting(int fd, LogSocket::Clock::time_point until) {
  if (errno != EINPROGRESS && errno != EAGAIN) return false;
  if (!poll_for(fd, POLLOUT, until)) return false;
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  errno = error;
  return error == 0;
}

struct FreeAddresses {
  void operator()(addrinfo* p) const noexcept { ::freeaddrinfo(p); }
};

std::variant<std::string, OwnedFd> connect_inet(const config::LogAddress& address,
                                                LogSocket::Clock::time_point until) {
  addrinfo hints{};
  hints.ai_socktype = address.transport == Transport::udp ? SOCK_DGRAM : SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(address.port);
  const int result = ::getaddrinfo(address.host.c_str(), port.c_str(), &hints, &found);
  const std::unique_ptr<addrinfo, FreeAddresses> all(found);
  if (result != 0) return std::string("its name: ") + ::gai_strerror(result);
  int last = ECONNREFUSED;
  for (const addrinfo* each = all.get(); each != nullptr; each = each->ai_next) {
    OwnedFd fd(::socket(each->ai_family, each->ai_socktype | kSocketFlags, each->ai_protocol));
    if (fd.get() >= 0 && (::connect(fd.get(), each->ai_addr, each->ai_addrlen) == 0 ||
                          finish_connecting(fd.get(), until))) {
      return fd;
    }
    last = errno;
  }
  return because("it cannot be connected to", last);
}

std::variant<std::string, OwnedFd> connect_unix(const config::LogAddress& address, bool& stream,
                                                LogSocket::Clock::time_point until) {
  sockaddr_un place{};
  place.sun_family = AF_UNIX;
  const std::string& path = address.path.native();
  std::copy_n(path.begin(), std::min(path.size(), sizeof(place.sun_path) - 1), place.sun_path);
  const auto* generic = reinterpret_cast<const sockaddr*>(&place);
  // Datagrams, as every /dev/log speaks them; else what the socket is.
  for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
    OwnedFd fd(::socket(AF_UNIX, type | kSocketFlags, 0));
    stream = type == SOCK_STREAM;
    if (fd.get() >= 0 &&
        (::connect(fd.get(), generic, sizeof(place)) == 0 || finish_connecting(fd.get(), until))) {
      return fd;
    }
    if (errno != EPROTOTYPE) break;
  }
  return because("it cannot be connected to", errno);
}

void set_option(int fd, int level, int name, int value) {
  ::setsockopt(fd, level, name, &value, sizeof(value));
}

}  // namespace

Connected LogSocket::connect(const config::LogAddress& address, const tls::ContextPtr& context,
                             Clock::time_point until) {
  bool stream = address.transport != Transport::udp;
  auto connected = address.transport == Transport::unix_socket
                       ? connect_unix(address, stream, until)
                       : connect_inet(address, until);
  if (auto* words = std::get_if<std::string>(&connected)) return std::move(*words);
  std::unique_ptr<LogSocket> made(new LogSocket(std::get<OwnedFd>(std::move(connected)), stream));
  const int fd = made->fd_.get();
  if (address.transport == Transport::tcp || address.transport == Transport::tls) {
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(kUnacknowledged));
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  }
  if (context && !made->shake_hands(context, address.host, until)) return made->fault_;
  return made;
}

LogSocket::~LogSocket() {
  // Said, not waited for.
  if (session_) SSL_shutdown(session_.get());
  ERR_clear_error();
}

bool LogSocket::fail(std::string words) {
  fault_ = std::move(words);
  return false;
}

bool LogSocket::wait(short events, Clock::time_point until) {
  return poll_for(fd_.get(), events, until) || fail(because("it hangs", errno));
}

bool LogSocket::shake_hands(const tls::ContextPtr& context, const std::string& host,
                            Clock::time_point until) {
  // INVARIANT: the program ignores SIGPIPE: OpenSSL writes to the socket by itself.
  session_.reset(SSL_new(context.get()));
  SSL* const session = session_.get();
  if (session == nullptr || SSL_set_fd(session, fd_.get()) != 1) return fail("no TLS session");
  const bool is_address = host.find(':') != std::string::npos ||
                          host.find_first_not_of("0123456789.") == std::string::npos;
  if (is_address) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str());
  } else {
    SSL_set1_host(session, host.c_str());
    // What SSL_set_tlsext_host_name stands for, without its cast.
    std::string name = host;
    SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  }
  for (;;) {
    ERR_clear_error();
    const int result = SSL_connect(session);
    if (result == 1) return is_accepted(until);
    if (wait_for_tls(result, until)) continue;
    const long verified = SSL_get_verify_result(session);
    if (verified == X509_V_OK) return false;
    return fail(std::string("its certificate is not believed: ") +
                X509_verify_cert_error_string(verified));
  }
}

// TLS 1.3 lets a client write before the server has judged its certificate: its word is waited for,
// the tickets it sends or the alert, and silence is consent.
bool LogSocket::is_accepted(Clock::time_point until) {
  SSL* const session = session_.get();
  if (SSL_get_certificate(session) == nullptr || SSL_version(session) < TLS1_3_VERSION) return true;
  static_cast<void>(poll_for(fd_.get(), POLLIN, std::min(until, Clock::now() + kVerdict)));
  return is_alive();
}

bool LogSocket::wait_for_tls(int result, Clock::time_point until) {
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ: return wait(POLLIN, until);
    case SSL_ERROR_WANT_WRITE: return wait(POLLOUT, until);
    case SSL_ERROR_SYSCALL: return fail(errno != 0 ? because("it hung up", errno) : "it hung up");
    case SSL_ERROR_ZERO_RETURN: return fail("it hung up");
    default: return fail("tls: " + tls::take_errors());
  }
}

bool LogSocket::is_alive() {
  if (!stream_) return true;
  std::array<char, 512> dropped{};
  for (;;) {
    if (session_) {
      ERR_clear_error();
      const int count = SSL_read(session_.get(), dropped.data(), dropped.size());
      if (count > 0) continue;
      const int error = SSL_get_error(session_.get(), count);
      if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return true;
      return wait_for_tls(count, Clock::now());
    }
    const ssize_t count = ::recv(fd_.get(), dropped.data(), dropped.size(), MSG_DONTWAIT);
    if (count > 0 || (count < 0 && errno == EINTR)) continue;
    if (count == 0) return fail("it hung up");
    return errno == EAGAIN || fail(because("it hung up", errno));
  }
}

bool LogSocket::send(std::string_view bytes, Clock::time_point until) {
  too_long_ = false;
  while (!bytes.empty()) {
    if (session_) {
      ERR_clear_error();
      const int count = SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size()));
      if (count > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(count));
      } else if (!wait_for_tls(count, until)) {
        return false;
      }
      continue;
    }
    const ssize_t count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN || errno == ENOBUFS) {
      if (!wait(POLLOUT, until)) return false;
    } else if (errno == EMSGSIZE) {
      too_long_ = true;
      return fail("a record of " + std::to_string(bytes.size()) + " bytes is too long for it");
    } else if (errno != EINTR) {
      return fail(because("it takes nothing", errno));
    }
  }
  return true;
}

// SOURCE: systemd.io/JOURNAL_NATIVE_PROTOCOL: a sealed memory file as the only payload.
bool LogSocket::send_as_file(std::string_view bytes, Clock::time_point until) {
  const OwnedFd file(::memfd_create("ssmgate-record", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  std::string_view left = bytes;
  while (!left.empty()) {
    const ssize_t count = ::write(file.get(), left.data(), left.size());
    if (count <= 0) return fail(because("a long record cannot be handed over", errno));
    left.remove_prefix(static_cast<std::size_t>(count));
  }
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
  if (::fcntl(file.get(), F_ADD_SEALS, kSeals) != 0) {
    return fail(because("a long record cannot be handed over", errno));
  }
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  const int number = file.get();
  std::memcpy(CMSG_DATA(header), &number, sizeof(number));
  while (::sendmsg(fd_.get(), &message, MSG_NOSIGNAL) < 0) {
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return fail(because("it takes nothing", errno));
    if (!wait(POLLOUT, until)) return false;
  }
  return true;
}

}  // namespace ssmgate::state
