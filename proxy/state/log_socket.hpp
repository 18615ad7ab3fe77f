// A connection to a log server: Unix datagrams or stream, UDP, TCP, TLS; every wait has an end.
//
// Owns: the socket, and TLS over it. Does not own: what a message looks like, or when to try again.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "config/config.hpp"
#include "state/file_lock.hpp"
#include "tls/openssl.hpp"

namespace ssmgate::state {

struct FreeSession {
  void operator()(SSL* p) const noexcept { SSL_free(p); }
};

// INVARIANT: used by one thread, the sink's: waiting here holds up no connection.
class LogSocket {
 public:
  using Clock = std::chrono::steady_clock;

  // `context` for `tls`, else null. A fault in words. LIMIT: looking a name up takes as long as the
  // system's resolver does.
  [[nodiscard]] static std::variant<std::string, std::unique_ptr<LogSocket>> connect(
      const config::LogAddress& address, const tls::ContextPtr& context, Clock::time_point until);
  ~LogSocket();
  LogSocket(const LogSocket&) = delete;
  LogSocket& operator=(const LogSocket&) = delete;

  // True where bytes go out as they are, and whoever reads must be told where a message ends.
  [[nodiscard]] bool is_stream() const noexcept { return stream_; }
  // False once the other side has hung up. What it says is read and dropped.
  [[nodiscard]] bool is_alive();
  // All of it, or false: then the connection is of no more use, but for a datagram that is too
  // long. LIMIT: what TCP took before a server vanished and the server had not read is lost.
  [[nodiscard]] bool send(std::string_view bytes, Clock::time_point until);
  // For a datagram over what the socket takes: the bytes in a sealed memory file, as journald
  // reads them.
  [[nodiscard]] bool send_as_file(std::string_view bytes, Clock::time_point until);
  // Why the last one failed, and whether only for its length.
  [[nodiscard]] const std::string& fault() const noexcept { return fault_; }
  [[nodiscard]] bool too_long() const noexcept { return too_long_; }

 private:
  LogSocket(OwnedFd fd, bool stream) : fd_(std::move(fd)), stream_(stream) {}

  bool shake_hands(const tls::ContextPtr& context, const std::string& host,
                   Clock::time_point until);
  bool is_accepted(Clock::time_point until);
  // Waits for what the last call of OpenSSL wants; false when that was the end.
  bool wait_for_tls(int result, Clock::time_point until);
  bool wait(short events, Clock::time_point until);
  bool fail(std::string words);

  OwnedFd fd_;
  bool stream_;
  std::unique_ptr<SSL, FreeSession> session_;
  std::string fault_;
  bool too_long_ = false;
};

// For `tls` addresses: TLS 1.2 and above, the server verified by the roots of `ca_file`.
[[nodiscard]] std::variant<std::string, tls::ContextPtr> make_log_context(
    const config::AuditSink& sink);

}  // namespace ssmgate::state
