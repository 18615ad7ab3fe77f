// A user id's name and groups, as the system has them: from files, or from a directory that may be
// slow, and so off the event loop.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>
#include <boost/asio/awaitable.hpp>

#include "auth/workers.hpp"

namespace ssmgate::auth {

struct LocalUser {
  std::string name;
  std::vector<std::string> groups;  // the first one and the others, by name
};
using LocalUserPtr = std::shared_ptr<const LocalUser>;  // null: there is no such user

// getpwuid_r, getgrouplist and getgrgid_r. Blocks. A group without a name is left out. Nothing: the
// system could not say it; a group that cannot be asked for may be one that a rule denies.
[[nodiscard]] std::optional<LocalUserPtr> look_up_local_user(uid_t uid);

// Safe from several threads. LIMIT: an answer is kept for 10 s, of at most 1,024 users.
class LocalUsers {
 public:
  using LookUp = std::function<std::optional<LocalUserPtr>(uid_t uid)>;
  using Now = std::function<std::chrono::steady_clock::time_point()>;

  LocalUsers();
  LocalUsers(LookUp look_up, Now now);

  // Nothing: the system has no answer by `deadline`, or too many wait for theirs.
  [[nodiscard]] boost::asio::awaitable<std::optional<LocalUserPtr>> find(
      uid_t uid, std::chrono::steady_clock::time_point deadline);

 private:
  struct Kept {
    LocalUserPtr user;
    std::chrono::steady_clock::time_point expiry;
  };
  [[nodiscard]] LocalUserPtr find_kept(uid_t uid);
  void keep(uid_t uid, LocalUserPtr user);

  const LookUp look_up_;
  const Now now_;
  std::mutex mutex_;
  std::map<uid_t, Kept> kept_;
  Workers workers_;
};

}  // namespace ssmgate::auth
