#include "auth/local_users.hpp"

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace ssmgate::auth {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::seconds kKeep{10};
constexpr std::size_t kUsersKept = 1024;
// LIMIT: of one entry of the user or group database; a group may list many members.
constexpr std::size_t kLargestEntry = 16UL << 20U;
// LIMIT: groups of one user; the kernel takes 65,536.
constexpr int kMostGroups = 65'536;

enum class Lookup : std::uint8_t { found, absent, failed };

// Calls `get` with a buffer that grows until the entry fits.
// SOURCE: getpwnam(3), ERRORS: some systems say by other numbers than 0 that there is no such
// entry; glibc does where a directory is down.
template <typename Entry, typename Get>
Lookup read_entry(Entry& entry, std::vector<char>& buffer, const Get& get) {
  buffer.resize(1024);
  for (;;) {
    Entry* found = nullptr;
    const int error = get(&entry, buffer.data(), buffer.size(), &found);
    if (found != nullptr) return Lookup::found;
    if (error == 0) return Lookup::absent;
    if (error == EINTR) continue;
    if (error != ERANGE || buffer.size() >= kLargestEntry) return Lookup::failed;
    buffer.resize(buffer.size() * 2);
  }
}

// Empty: it has none.
std::optional<std::string> group_name(gid_t gid, const NameService& system) {
  group entry{};
  std::vector<char> buffer;
  const Lookup found =
      read_entry(entry, buffer, [&](group* out, char* space, std::size_t size, group** result) {
        return system.group(gid, out, space, size, result);
      });
  if (found == Lookup::failed) return std::nullopt;
  return found == Lookup::found ? entry.gr_name : std::string();
}

// getgrouplist has no word for a failure: whom it cannot ask it leaves out.
bool ran_short() {
  return errno == EMFILE || errno == ENFILE || errno == ENOMEM;
}

std::optional<std::vector<gid_t>> group_ids(const char* name, gid_t first,
                                            const NameService& system) {
  std::vector<gid_t> ids(64);
  for (;;) {
    int count = static_cast<int>(ids.size());
    errno = 0;
    const bool whole = system.groups_of(name, first, ids.data(), &count) >= 0;
    if (ran_short()) return std::nullopt;
    if (whole) {
      ids.resize(static_cast<std::size_t>(count));
      return ids;
    }
    if (ids.size() >= kMostGroups) return std::nullopt;
    ids.resize(ids.size() * 4);
  }
}

// The C library says of a file that it could not open for want of descriptors what it says of an
// entry that is not in it. One that is free again by now hides that: so soon, it is not likely.
bool can_open_files() {
  const int fd = ::open("/", O_PATH | O_CLOEXEC);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

class Find final : public Task {
 public:
  Find(LocalUsers::LookUp look_up, uid_t uid) : look_up_(std::move(look_up)), uid_(uid) {}
  void run() override { user_ = look_up_(uid_); }
  [[nodiscard]] const std::optional<LocalUserPtr>& user() const noexcept { return user_; }

 private:
  LocalUsers::LookUp look_up_;
  uid_t uid_;
  std::optional<LocalUserPtr> user_;
};

class Load final : public Task {
 public:
  void run() override { load_name_service(); }
};

}  // namespace

void load_name_service(const NameService& system) {
  constexpr uid_t kNobody = 0xfffffffe;  // none has it, so that no module's answer ends the search
  passwd user{};
  std::vector<char> buffer;
  static_cast<void>(
      read_entry(user, buffer, [&](passwd* out, char* space, std::size_t size, passwd** result) {
        return system.user(kNobody, out, space, size, result);
      }));
  static_cast<void>(group_name(kNobody, system));
  static_cast<void>(group_ids("", kNobody, system));
}

std::optional<LocalUserPtr> look_up_local_user(uid_t uid, const NameService& system) {
  passwd entry{};
  std::vector<char> buffer;
  const Lookup found =
      read_entry(entry, buffer, [&](passwd* out, char* space, std::size_t size, passwd** result) {
        return system.user(uid, out, space, size, result);
      });
  if (found == Lookup::failed) return std::nullopt;
  std::shared_ptr<LocalUser> user;
  if (found == Lookup::found && entry.pw_name != nullptr && *entry.pw_name != '\0') {
    user = std::make_shared<LocalUser>();
    user->name = entry.pw_name;
    const auto ids = group_ids(entry.pw_name, entry.pw_gid, system);
    if (!ids) return std::nullopt;
    for (const gid_t gid : *ids) {
      auto name = group_name(gid, system);
      if (!name) return std::nullopt;
      if (!name->empty()) user->groups.push_back(std::move(*name));
    }
  }
  if (!can_open_files()) return std::nullopt;
  return user;
}

LocalUsers::LocalUsers()
    : LocalUsers([](uid_t uid) { return look_up_local_user(uid); },
                 &std::chrono::steady_clock::now) {}

LocalUsers::LocalUsers(LookUp look_up, Now now)
    : look_up_(std::move(look_up)), now_(std::move(now)), workers_(Workers::Limits{}) {}

std::optional<LocalAnswer> LocalUsers::find_kept(uid_t uid) {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(uid);
  if (found == kept_.end() || !holds(found->second.until)) return std::nullopt;
  return found->second;
}

LocalAnswer LocalUsers::keep(uid_t uid, LocalUserPtr user) {
  LocalAnswer answer{std::move(user), now_() + kKeep};
  const std::lock_guard lock(mutex_);
  if (answer.user == nullptr) {
    kept_.erase(uid);
    return answer;
  }
  if (kept_.size() >= kUsersKept) kept_.clear();
  kept_[uid] = answer;
  return answer;
}

asio::awaitable<std::optional<LocalAnswer>> LocalUsers::find(
    uid_t uid, std::chrono::steady_clock::time_point deadline) {
  std::optional<LocalAnswer> kept = find_kept(uid);
  if (kept) co_return kept;
  TaskPtr task = std::make_shared<Find>(look_up_, uid);
  std::string id = std::to_string(uid);
  std::string lane = id;
  const TaskPtr done =
      co_await workers_.run(std::move(id), std::move(lane), std::move(task), deadline);
  std::optional<LocalUserPtr> user;
  if (done != nullptr) user = static_cast<const Find&>(*done).user();
  if (!user) {
    say_no_answer(uid);
    co_return std::nullopt;
  }
  co_return keep(uid, std::move(*user));
}

void LocalUsers::warm_up(const asio::any_io_executor& executor) {
  if (warm_.exchange(true)) return;
  auto loaded = workers_.run("warm-up", "warm-up", std::make_shared<Load>(), now_() + kKeep);
  asio::co_spawn(executor, std::move(loaded), asio::detached);
}

// LIMIT: once a minute.
void LocalUsers::say_no_answer(uid_t uid) {
  {
    const std::lock_guard lock(mutex_);
    if (now_() < say_again_) return;
    say_again_ = now_() + std::chrono::minutes(1);
  }
  spdlog::error(
      "auth: local-user: the system does not say who the user of id {} is, or in what "
      "groups, and the user is refused; do `getent passwd {}` and `id` with that name answer here?",
      uid, uid);
}

}  // namespace ssmgate::auth
