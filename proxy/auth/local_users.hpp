// A user id's name and groups, as the system has them: from files, or from a directory that may be
// slow, and so off the event loop.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <grp.h>
#include <pwd.h>
#include <sys/types.h>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "auth/workers.hpp"

namespace ssmgate::auth {

struct LocalUser {
  std::string name;
  std::vector<std::string> groups;  // the first one and the others, by name
};
using LocalUserPtr = std::shared_ptr<const LocalUser>;  // null: there is no such user

// What the system has said of a user id, and until when that is gone by.
struct LocalAnswer {
  LocalUserPtr user;
  std::chrono::steady_clock::time_point until;
};

// What the C library asks the system's databases with; each is nsswitch.conf's to lead elsewhere.
struct NameService {
  int (*user)(uid_t, passwd*, char*, std::size_t, passwd**) = &::getpwuid_r;
  int (*group)(gid_t, ::group*, char*, std::size_t, ::group**) = &::getgrgid_r;
  int (*groups_of)(const char*, gid_t, gid_t*, int*) = &::getgrouplist;
};

// Blocks. A group without a name is left out. Nothing: the system could not say it; a group that
// cannot be asked for may be one that a rule denies. Of a directory that is down the C library
// tells less than that (docs/identity.md).
[[nodiscard]] std::optional<LocalUserPtr> look_up_local_user(uid_t uid,
                                                             const NameService& system = {});

// Asks for what there is not, so that the C library loads every module of nsswitch.conf: one that
// it cannot open later, for want of descriptors, it would leave out for good. Blocks.
void load_name_service(const NameService& system = {});

// Safe from several threads. LIMIT: an answer is kept for 10 s, of at most 1,024 users.
class LocalUsers {
 public:
  using LookUp = std::function<std::optional<LocalUserPtr>(uid_t uid)>;
  using Now = std::function<std::chrono::steady_clock::time_point()>;

  LocalUsers();
  LocalUsers(LookUp look_up, Now now);

  // Nothing: the system has no answer by `deadline`, or too many wait for theirs.
  [[nodiscard]] boost::asio::awaitable<std::optional<LocalAnswer>> find(
      uid_t uid, std::chrono::steady_clock::time_point deadline);
  // False: an answer `until` then is to be asked for again.
  [[nodiscard]] bool holds(std::chrono::steady_clock::time_point until) const {
    return now_() < until;
  }
  // load_name_service, once, off the event loop; nobody waits for it. From any thread.
  void warm_up(const boost::asio::any_io_executor& executor);

 private:
  [[nodiscard]] std::optional<LocalAnswer> find_kept(uid_t uid);
  // Unless there is no such user: he may be made a moment later.
  LocalAnswer keep(uid_t uid, LocalUserPtr user);
  void say_no_answer(uid_t uid);

  const LookUp look_up_;
  const Now now_;
  std::atomic<bool> warm_ = false;
  std::mutex mutex_;
  std::map<uid_t, LocalAnswer> kept_;
  std::chrono::steady_clock::time_point say_again_;  // not before
  Workers workers_;
};

}  // namespace ssmgate::auth
