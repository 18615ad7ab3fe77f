#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <set>

#include "auth/password_checker.hpp"
#include "proxy/net/loop.hpp"

using namespace ssmgate;
using namespace ssmgate::auth;
using namespace ssmgate::test;
using Clock = std::chrono::steady_clock;

namespace {

struct Fixture {
  asio::io_context io;
  Clock::time_point now = Clock::now();
  std::mutex mutex;
  std::vector<std::string> hashes;  // that were computed
  // A password is right when the hash says it.
  PasswordChecker checker{Workers::Limits{},
                          [this](const std::string& password, const std::string& hash) {
                            const std::lock_guard lock(mutex);
                            hashes.push_back(hash);
                            return hash == "hash of " + password;
                          },
                          [this] { return now; }};
  std::shared_ptr<const Users> users = make_users({{"alice", "hash of a"}, {"bob", "hash of b"}});

  static std::shared_ptr<const Users> make_users(const Users::Hashes& hashes) {
    return std::make_shared<const Users>(hashes);
  }
  Verdict check(const std::string& name, const std::string& password,
                const std::string& client = "192.0.2.1") {
    wire::BasicCredentials credentials;
    credentials.name = name;
    credentials.password = wire::Secret(password);
    return run(io, checker.check(users, std::move(credentials), *parse_ip_address(client),
                                 Clock::now() + std::chrono::seconds(20)));
  }
};

}  // namespace

TEST_CASE("right and wrong passwords") {
  Fixture f;
  CHECK(f.check("alice", "a") == Verdict::right);
  CHECK(f.check("alice", "b") == Verdict::wrong);
  CHECK(f.check("bob", "a") == Verdict::wrong);
  CHECK(f.check("alice", "") == Verdict::wrong);
}

TEST_CASE("a right password is hashed once in five minutes and a wrong one each time") {
  Fixture f;
  for (int i = 0; i < 10; ++i) CHECK(f.check("alice", "a") == Verdict::right);
  CHECK(f.hashes.size() == 1);
  f.now += std::chrono::minutes(6);
  CHECK(f.check("alice", "a") == Verdict::right);
  CHECK(f.hashes.size() == 2);
  for (int i = 0; i < 3; ++i) CHECK(f.check("alice", "x") == Verdict::wrong);
  CHECK(f.hashes.size() == 5);
}

TEST_CASE("a new hash makes the old password unknown at once") {
  Fixture f;
  CHECK(f.check("alice", "a") == Verdict::right);
  f.users = Fixture::make_users({{"alice", "hash of new"}});
  CHECK(f.check("alice", "a") == Verdict::wrong);
  CHECK(f.check("alice", "new") == Verdict::right);
  f.users = Fixture::make_users({{"bob", "hash of a"}});
  CHECK(f.check("alice", "a") == Verdict::wrong);
}

TEST_CASE("a name that nobody has costs a hash and is never right") {
  Fixture f;
  f.users = Fixture::make_users({{"alice", "hash of a"}});
  CHECK(f.check("mallory", "a") == Verdict::wrong);  // the decoy's own password
  CHECK(f.check("mallory", "a") == Verdict::wrong);
  CHECK(f.hashes == std::vector<std::string>{"hash of a", "hash of a"});
}

TEST_CASE("one unknown name has one decoy whatever the password") {
  Fixture f;
  for (int i = 0; i < 20; ++i) (void)f.check("mallory", std::to_string(i));
  CHECK(std::set(f.hashes.begin(), f.hashes.end()).size() == 1);
  f.hashes.clear();
  // Among many names both hashes are used.
  for (int i = 0; i < 64; ++i) (void)f.check("mallory" + std::to_string(i), "x");
  CHECK(std::set(f.hashes.begin(), f.hashes.end()).size() == 2);
}

TEST_CASE("a name and a password that share their bytes are told apart") {
  Fixture f;
  f.users = Fixture::make_users({{"ab", "hash of c"}, {"a", "hash of x"}});
  CHECK(f.check("ab", "c") == Verdict::right);
  CHECK(f.check("a", "bc") == Verdict::wrong);
}
