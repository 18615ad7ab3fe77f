// Who a user id is, and what the C library does not say of it.
#include "auth/local_users.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

#include "proxy/net/loop.hpp"
#include "proxy/state/operator_log.hpp"

using namespace ssmgate;
using namespace ssmgate::auth;
using namespace ssmgate::test;
using Clock = std::chrono::steady_clock;

TEST_CASE("the system knows root with a group and nobody of a number out of use") {
  const LocalUserPtr root = look_up_local_user(0).value();
  REQUIRE(root != nullptr);
  CHECK(root->name == "root");
  CHECK(std::ranges::find(root->groups, "root") != root->groups.end());
  CHECK(look_up_local_user(uid_t{0xfffffff0U}) == std::optional<LocalUserPtr>(nullptr));
}

TEST_CASE("a group that cannot be asked for is no group that is not there") {
  NameService system;
  system.groups_of = [](const char*, gid_t first, gid_t* ids, int* count) {
    ids[0] = first;
    ids[1] = 77'001;
    return *count = 2;
  };
  static int failure = 0;
  for (const int error : {0, ENOENT, EIO, ETIMEDOUT, ECONNREFUSED}) {
    failure = error;
    system.group = [](gid_t gid, group* out, char* space, std::size_t size, group** result) {
      if (gid != 77'001) return ::getgrgid_r(gid, out, space, size, result);
      *result = nullptr;
      return failure;
    };
    CAPTURE(error);
    const auto found = look_up_local_user(0, system);
    REQUIRE(found.has_value() == (error == 0));
    // In no database, as in a container: it is left out.
    if (found) CHECK((*found)->groups == std::vector<std::string>{"root"});
  }
}

TEST_CASE("whoever may be in more groups than were told has no answer") {
  NameService system;
  system.groups_of = [](const char* name, gid_t first, gid_t* ids, int* count) {
    const int told = ::getgrouplist(name, first, ids, count);
    errno = EMFILE;
    return told;
  };
  CHECK(look_up_local_user(0, system) == std::nullopt);
  system.groups_of = [](const char*, gid_t, gid_t*, int*) { return -1; };
  CHECK(look_up_local_user(0, system) == std::nullopt);
}

TEST_CASE("a user database that fails has not said that there is no such user") {
  NameService system;
  system.user = [](uid_t, passwd*, char*, std::size_t, passwd** result) {
    *result = nullptr;
    return ENOENT;
  };
  CHECK(look_up_local_user(0, system) == std::nullopt);
}

TEST_CASE("that the system does not answer is said once a minute, and of whom") {
  const state::OperatorLog log;
  asio::io_context io;
  auto now = Clock::now();
  LocalUsers users([](uid_t) -> std::optional<LocalUserPtr> { return std::nullopt; },
                   [&] { return now; });
  for (const uid_t uid : {1007U, 1008U}) {
    CHECK_FALSE(run(io, users.find(uid, Clock::now() + std::chrono::seconds(20))).has_value());
  }
  CHECK(log.count("the user of id 1007") == 1);
  CHECK(log.count("the user of id") == 1);
  now += std::chrono::seconds(61);
  CHECK_FALSE(run(io, users.find(1008, Clock::now() + std::chrono::seconds(20))).has_value());
  CHECK(log.count("the user of id 1008") == 1);
}

TEST_CASE("each database is asked once, so that its modules are loaded") {
  static int users = 0, groups = 0, lists = 0;
  NameService system;
  system.user = [](uid_t, passwd*, char*, std::size_t, passwd** result) {
    *result = nullptr;
    ++users;
    return 0;
  };
  system.group = [](gid_t, group*, char*, std::size_t, group** result) {
    *result = nullptr;
    ++groups;
    return 0;
  };
  system.groups_of = [](const char*, gid_t, gid_t*, int* count) {
    ++lists;
    return *count = 0;
  };
  load_name_service(system);
  CHECK(users == 1);
  CHECK(groups == 1);
  CHECK(lists == 1);
}

TEST_CASE("the modules are loaded once, by whom nobody waits for") {
  asio::io_context io;
  LocalUsers users;
  users.warm_up(io.get_executor());
  CHECK(io.run() > 0);
  io.restart();
  users.warm_up(io.get_executor());
  CHECK(io.run() == 0);
}

TEST_CASE("a system that cannot be asked has not said that there is no such user") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit none = before;
  none.rlim_cur = 0;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto found = look_up_local_user(0);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(found == std::nullopt);
  CHECK(look_up_local_user(0).value()->name == "root");
}

TEST_CASE("a user is looked up once in ten seconds and a missing one each time") {
  asio::io_context io;
  std::atomic<int> asked = 0;
  auto now = Clock::now();
  LocalUsers users(
      [&](uid_t uid) -> std::optional<LocalUserPtr> {
        ++asked;
        if (uid == 7) return nullptr;
        if (uid == 8) return std::nullopt;
        return std::make_shared<LocalUser>(LocalUser{"u", {"g"}});
      },
      [&] { return now; });
  const auto find = [&](uid_t uid) {
    return run(io, users.find(uid, Clock::now() + std::chrono::seconds(20)));
  };
  const auto named = [&](uid_t uid) { return find(uid).value().user->name; };
  CHECK(named(5) == "u");
  CHECK(find(5).value().user->groups.size() == 1);
  CHECK(asked == 1);
  now += std::chrono::seconds(11);
  CHECK(named(5) == "u");
  CHECK(asked == 2);
  // Asked again each time: it may be made, or the system may answer, a moment later.
  CHECK(find(7).value().user == nullptr);
  CHECK(find(7).value().user == nullptr);
  CHECK(asked == 4);
  CHECK_FALSE(find(8).has_value());
  CHECK_FALSE(find(8).has_value());
  CHECK(asked == 6);
}

TEST_CASE("an answer holds for ten seconds from when the system gave it, whoever asks for it") {
  asio::io_context io;
  auto now = Clock::now();
  bool there = true;
  LocalUsers users(
      [&](uid_t) -> std::optional<LocalUserPtr> {
        if (!there) return nullptr;
        return std::make_shared<LocalUser>(LocalUser{"u", {"g"}});
      },
      [&] { return now; });
  const auto find = [&] {
    return run(io, users.find(5, Clock::now() + std::chrono::seconds(20))).value();
  };
  const LocalAnswer first = find();
  CHECK(first.until == now + std::chrono::seconds(10));
  now += std::chrono::seconds(9);
  CHECK(users.holds(first.until));
  CHECK(find().until == first.until);
  now += std::chrono::seconds(1);
  CHECK_FALSE(users.holds(first.until));
  CHECK(find().until == now + std::chrono::seconds(10));
  // One who is gone is not kept, nor what he was.
  now += std::chrono::seconds(11);
  there = false;
  CHECK(find().user == nullptr);
  there = true;
  CHECK(find().user != nullptr);
  CHECK(users.holds(Clock::time_point::max()));
}
