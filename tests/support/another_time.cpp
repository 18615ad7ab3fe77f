// Loaded into the gateway before libc: moves its clocks, and has the users and groups of this
// machine from files, so that a test need neither wait nor be root.
//
// How far the clocks are moved stands in the file that SSMGATE_CLOCKS names, which the test writes
// to while the gateway runs. SSMGATE_PASSWD and SSMGATE_GROUP name files as in /etc; without them
// the system's own answer.
#include <dlfcn.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string_view>
#include <vector>

#include "shared_place.hpp"

namespace {

struct Clocks {
  std::atomic<std::int64_t> wall;    // seconds ahead of the system's
  std::atomic<std::int64_t> steady;  // the same, of what only counts
};

std::int64_t ahead(bool wall) {
  static Clocks* const clocks = ssmgate::test::open_shared<Clocks>("SSMGATE_CLOCKS");
  if (clocks == nullptr) return 0;
  return wall ? clocks->wall : clocks->steady;
}

template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

struct Close {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

// Null: the system is to be asked.
File open_named(const char* variable) {
  const char* path = std::getenv(variable);
  return File(path == nullptr ? nullptr : std::fopen(path, "re"));
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static auto* const next = real<int(clockid_t, timespec*)>("clock_gettime");
  const int result = next(clock, time);
  if (clock == CLOCK_REALTIME) time->tv_sec += ahead(true);
  if (clock == CLOCK_MONOTONIC) time->tv_sec += ahead(false);
  return result;
}

time_t time(time_t* out) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

int getpwuid_r(uid_t uid, passwd* out, char* space, std::size_t size, passwd** result) {
  static auto* const next = real<decltype(getpwuid_r)>("getpwuid_r");
  const File file = open_named("SSMGATE_PASSWD");
  if (file == nullptr) return next(uid, out, space, size, result);
  int error = 0;
  while ((error = fgetpwent_r(file.get(), out, space, size, result)) == 0) {
    if (out->pw_uid == uid) return 0;
  }
  *result = nullptr;
  return error == ENOENT ? 0 : error;
}

int getgrgid_r(gid_t gid, group* out, char* space, std::size_t size, group** result) {
  static auto* const next = real<decltype(getgrgid_r)>("getgrgid_r");
  const File file = open_named("SSMGATE_GROUP");
  if (file == nullptr) return next(gid, out, space, size, result);
  int error = 0;
  while ((error = fgetgrent_r(file.get(), out, space, size, result)) == 0) {
    if (out->gr_gid == gid) return 0;
  }
  *result = nullptr;
  return error == ENOENT ? 0 : error;
}

int getgrouplist(const char* user, gid_t first, gid_t* ids, int* count) {
  static auto* const next = real<decltype(getgrouplist)>("getgrouplist");
  const File file = open_named("SSMGATE_GROUP");
  if (file == nullptr) return next(user, first, ids, count);
  std::vector<gid_t> found = {first};
  std::vector<char> space(65536);
  group entry{};
  group* got = nullptr;
  while (fgetgrent_r(file.get(), &entry, space.data(), space.size(), &got) == 0) {
    for (char** member = entry.gr_mem; *member != nullptr; ++member) {
      if (std::string_view(*member) == user) found.push_back(entry.gr_gid);
    }
  }
  const auto room = static_cast<std::size_t>(std::max(*count, 0));
  std::copy_n(found.begin(), std::min(room, found.size()), ids);
  *count = static_cast<int>(found.size());
  return found.size() > room ? -1 : *count;
}

}  // extern "C"
