// A TLS peer by OpenSSL alone, on a blocking socket and a thread of its own: nothing of what is
// tested takes part in it.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "proxy/tls/pki.hpp"

namespace ssmgate::test {

class BlockingTls {
 public:
  // Takes `descriptor`.
  BlockingTls(int descriptor, SSL_CTX* context);
  BlockingTls(const BlockingTls&) = delete;
  BlockingTls& operator=(const BlockingTls&) = delete;
  ~BlockingTls();

  [[nodiscard]] SSL* session() { return session_; }
  bool accept() { return SSL_accept(session_) == 1; }
  bool connect(const std::string& sni);
  // A client's handshake whose first flight has `behind` after it.
  bool connect_with(const std::string& sni, const std::string& behind);
  void write(const std::string& text);
  // Until `size` bytes are there, or an end.
  std::string read(std::size_t size);
  // What SSL_read says at the end: SSL_ERROR_ZERO_RETURN for a close_notify.
  int read_end();
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
  SSL* session_;
};

// Joined where it goes out of scope.
class Peer {
 public:
  explicit Peer(std::function<void()> work) : thread_(std::move(work)) {}
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() { join(); }
  void join() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::thread thread_;
};

// A server context that shows `leaf`.
[[nodiscard]] tls::ContextPtr serve(X509* leaf, EVP_PKEY* key);
// A client context that trusts `root` alone.
[[nodiscard]] tls::ContextPtr trust(X509* root);

}  // namespace ssmgate::test
