// Resuming TLS sessions with upstreams, so that another connection to a host costs neither side a
// certificate.
//
// INVARIANT: sessions stay with the context that made them, and so with its roots and its own
// certificate: a resumed session is not verified again. One of TLS 1.3 is used once (RFC 8446
// §C.4). What descends from one verification ends an hour after it, and with the certificate.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <string>

#include "tls/openssl.hpp"

namespace ssmgate::tls {

struct FreeSession {
  void operator()(SSL_SESSION* p) const noexcept { SSL_SESSION_free(p); }
};
using SessionPtr = std::unique_ptr<SSL_SESSION, FreeSession>;

// Safe from several threads.
// LIMIT: 4 sessions a host, 64 hosts.
class SessionCache {
 public:
  using Clock = std::chrono::system_clock;
  struct Kept {
    SessionPtr session;  // null: none
    Clock::time_point until;
  };
  void put(const std::string& host, Kept kept);
  // The newest that still holds; one of TLS 1.3 is forgotten.
  [[nodiscard]] Kept take(const std::string& host, Clock::time_point now);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::list<Kept>> hosts_;
  std::list<std::string> order_;  // of hosts, the one put to last at the back
};

// Gives a client context a cache of its own, which goes with it. False: OpenSSL failed.
[[nodiscard]] bool enable_resumption(SSL_CTX* context);

// Before the handshake: names the host whose certificate is expected, and offers a kept session
// of it. Without `enable_resumption` nothing happens.
void offer_session(SSL* session, const std::string& host);

}  // namespace ssmgate::tls
