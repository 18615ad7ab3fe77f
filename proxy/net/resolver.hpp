// Names to addresses on threads of our own: the system's resolver cannot be timed out, and one slow
// name must not hold up the others.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include "net/stream.hpp"

namespace ssmgate::net {

struct Resolution {
  error_code error;
  std::vector<asio::ip::address> addresses;  // in the system's order
};

// Asks the system, and may take as long as it likes. Must not throw.
using LookUp = std::function<Resolution(const std::string& host)>;
// By which the cache ages.
using Now = std::function<std::chrono::steady_clock::time_point()>;

// Safe to use from several threads, as long as each caller's executor runs one handler at a time.
// SSM's own names have threads to themselves: whatever else clients ask for cannot hold them up.
// An answer of up to 10 min ago stands in while the name servers are silent (answer_cache.hpp).
class Resolver {
 public:
  // `threads` for SSM's names. As many for all others, and up to eight times that while many wait,
  // of which one zone (lookup_queue.hpp) has a quarter at most.
  explicit Resolver(int threads = 4);  // getaddrinfo
  Resolver(int threads, LookUp look_up, Now now);
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  // Who still waits is resumed with operation_aborted. A look-up that is under way is left to end
  // by itself: the system may hold it for minutes.
  ~Resolver();

  // The addresses of `host` (an address literal answers at once), resumed on the caller's executor.
  // Ends with asio::error::timed_out at the deadline, or with an old answer half-way to it, which
  // leaves time to connect. A look-up that has begun then ends in the background and still fills
  // the cache; one that has not, and that nobody else waits for, is given up.
  [[nodiscard]] asio::awaitable<Resolution> resolve(std::string host,
                                                    std::chrono::steady_clock::time_point deadline);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace ssmgate::net
