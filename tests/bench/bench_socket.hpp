// What the benchmark's load, origin and floor share: owned handles, an option reader, whole HTTP
// messages, a listener.
// Blocking and simple: it must be cheaper than whatever is measured, and it is no part of ssmgate.
#pragma once

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace ssmgate::bench {

struct FreeTls {
  void operator()(SSL* p) const noexcept { SSL_free(p); }
  void operator()(SSL_CTX* p) const noexcept { SSL_CTX_free(p); }
};
using Tls = std::unique_ptr<SSL, FreeTls>;
using TlsContext = std::unique_ptr<SSL_CTX, FreeTls>;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int fd() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_;
};

[[noreturn]] inline void die(const std::string& what) {
  std::fprintf(stderr, "bench: %s\n", what.c_str());
  std::exit(2);
}

inline std::size_t number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) die("not a number");
  return value;
}

// `--name value` pairs.
inline std::map<std::string, std::string> read_options(int argc, char** argv) {
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < argc; i += 2) options[std::string(argv[i]).substr(2)] = argv[i + 1];
  return options;
}

// `a.b.c.d:port`
inline sockaddr_in read_address(const std::string& text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) die("not an address: " + text);
  address.sin_port = htons(static_cast<std::uint16_t>(number(text.substr(colon + 1))));
  if (::inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    die("not an address: " + text);
  }
  return address;
}

// Reads until one whole message (head and Content-Length bytes) is in `buffer`; its size, or 0.
template <class Read>
std::size_t read_message(std::string& buffer, Read&& read_some) {
  std::size_t whole = 0;
  while (whole == 0 || buffer.size() < whole) {
    if (whole == 0) {
      const std::size_t head = buffer.find("\r\n\r\n");
      if (head != std::string::npos) {
        const std::size_t at = buffer.find("ontent-Length: ");
        const std::size_t value = at + std::string_view("ontent-Length: ").size();
        const bool has_length = at < head;
        whole = head + 4 +
                (has_length ? number(buffer.substr(value, buffer.find('\r', value) - value)) : 0);
        continue;
      }
    }
    char chunk[16384];
    const int size = read_some(chunk, static_cast<int>(sizeof chunk));
    if (size <= 0) return 0;
    buffer.append(chunk, static_cast<std::size_t>(size));
  }
  return whole;
}

inline TlsContext make_server_context(const std::string& certificate, const std::string& key) {
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) {
    die("certificate or key cannot be loaded");
  }
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  return context;
}

inline Socket listen_on(const sockaddr_in& address) {
  Socket listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(listener.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(listener.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener.fd(), 1024) != 0) {
    die(std::string("cannot listen: ") + std::strerror(errno));
  }
  return listener;
}

// A thread for each who connects.
template <class Serve>
[[noreturn]] void accept_each(const Socket& listener, const Serve& serve) {
  while (true) {
    Socket socket(::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) continue;
    std::thread([&serve](Socket taken) { serve(std::move(taken)); }, std::move(socket)).detach();
  }
}

}  // namespace ssmgate::bench
