// Is this the user's password? Off the event loop, at the same cost for names that nobody has, and
// once for a hundred commands.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "auth/users.hpp"
#include "auth/workers.hpp"
#include "ssmgate/names/ip_address.hpp"
#include "wire/basic_credentials.hpp"

namespace ssmgate::auth {

enum class Verdict : std::uint8_t {
  wrong,
  right,
  busy,  // too many passwords wait already, of this client or of all
};

// Safe from several threads. LIMIT: 16 passwords wait of one client, 512 in all; a right one is
// known again for 5 min, at most 4,096 of them, the oldest goes first.
class PasswordChecker {
 public:
  using Matches = std::function<bool(const std::string& password, const std::string& hash)>;
  using Now = std::function<std::chrono::steady_clock::time_point()>;

  PasswordChecker();
  PasswordChecker(const Workers::Limits& limits, Matches matches, Now now);

  // INVARIANT: what is kept of a password is an HMAC under a key that this process made for itself.
  [[nodiscard]] boost::asio::awaitable<Verdict> check(
      std::shared_ptr<const Users> users, wire::BasicCredentials credentials, IpAddress client,
      std::chrono::steady_clock::time_point deadline);

 private:
  using Digest = std::array<unsigned char, 32>;
  struct Known {
    std::chrono::steady_clock::time_point expiry;
    std::list<Digest>::iterator place;
  };

  [[nodiscard]] Digest digest(std::string_view name, std::string_view password,
                              std::string_view hash) const;
  [[nodiscard]] bool is_known(const Digest& digest);
  void remember(const Digest& digest);

  const Matches matches_;
  const Now now_;
  std::array<unsigned char, 32> key_{};
  std::mutex mutex_;
  std::map<Digest, Known> known_;
  std::list<Digest> order_;  // the oldest first
  Workers workers_;
};

}  // namespace ssmgate::auth
