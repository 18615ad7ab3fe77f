#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "auth/local_users.hpp"
#include "auth/workers.hpp"
#include "proxy/net/loop.hpp"
#include "proxy/state/operator_log.hpp"

#include <sys/resource.h>
#include <unistd.h>

using namespace ssmgate;
using namespace ssmgate::auth;
using namespace ssmgate::test;
using Clock = std::chrono::steady_clock;

namespace {

// Holds every thread that comes to it until it is opened.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void wait_for(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return arrived_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int arrived_ = 0;
};

using GatePtr = std::shared_ptr<Gate>;

// What was run, in order.
struct Log {
  std::mutex mutex;
  std::vector<std::string> labels;
};
using LogPtr = std::shared_ptr<Log>;

// Owns what it uses: a task that runs outlives its workers.
class Step final : public Task {
 public:
  Step(std::string label, LogPtr log, GatePtr gate = nullptr)
      : label_(std::move(label)), log_(std::move(log)), gate_(std::move(gate)) {}
  void run() override {
    if (gate_ != nullptr) gate_->pass();
    const std::lock_guard lock(log_->mutex);
    log_->labels.push_back(label_);
  }

 private:
  std::string label_;
  LogPtr log_;
  GatePtr gate_;
};

constexpr Workers::Limits kOne{1, 3, 5};

struct Fixture {
  asio::io_context io;
  LogPtr log = std::make_shared<Log>();
  GatePtr gate = std::make_shared<Gate>();
  Workers workers{kOne};
  Outcome<TaskPtr> first;

  // The one thread is busy until the gate opens.
  Fixture() {
    first = submit("first", "x", gate);
    gate->wait_for(1);
  }
  Outcome<TaskPtr> submit(const std::string& label, const std::string& lane, GatePtr wait = nullptr,
                          Clock::duration patience = std::chrono::seconds(20)) {
    TaskPtr task = std::make_shared<Step>(label, log, std::move(wait));
    auto outcome = start(io, workers.run(label, lane, std::move(task), Clock::now() + patience));
    settle(io);
    return outcome;
  }
  void finish(std::initializer_list<Outcome<TaskPtr>> outcomes) {
    gate->open();
    run_until(io, [&] {
      return std::ranges::all_of(outcomes, [](const auto& each) { return each->has_value(); });
    });
  }
};

}  // namespace

TEST_CASE("lanes have their turns and a long one holds up itself alone") {
  Fixture f;
  auto a1 = f.submit("a1", "a");
  auto a2 = f.submit("a2", "a");
  auto a3 = f.submit("a3", "a");
  auto b1 = f.submit("b1", "b");
  f.finish({f.first, a1, a2, a3, b1});
  CHECK(f.log->labels == std::vector<std::string>{"first", "a1", "b1", "a2", "a3"});
}

TEST_CASE("a full lane and a full house are answered at once") {
  Fixture f;
  std::vector<Outcome<TaskPtr>> waiting;
  for (const char* label : {"a1", "a2", "a3"}) waiting.push_back(f.submit(label, "a"));
  const auto over = f.submit("a4", "a");
  REQUIRE(over->has_value());
  CHECK(**over == nullptr);
  CHECK_FALSE(f.submit("b1", "b")->has_value());
  CHECK_FALSE(f.submit("c1", "c")->has_value());
  const auto whole = f.submit("d1", "d");
  REQUIRE(whole->has_value());
  CHECK(**whole == nullptr);
  f.finish({waiting[0], waiting[2]});
}

TEST_CASE("who asks for the same gets the same task even where there is no room") {
  Fixture f;
  auto one = f.submit("a1", "a");
  auto two = f.submit("a1", "a");
  auto other = f.submit("a1", "b");
  f.finish({one, two, other});
  CHECK(**one == **two);
  CHECK(**one == **other);
  CHECK(f.log->labels == std::vector<std::string>{"first", "a1"});
}

TEST_CASE("who waited too long gets nothing and the task is not begun") {
  Fixture f;
  auto late = f.submit("late", "a", nullptr, std::chrono::milliseconds(1));
  run_until(f.io, [&] { return late->has_value(); });
  CHECK(**late == nullptr);
  auto next = f.submit("next", "a");
  f.finish({f.first, next});
  CHECK(f.log->labels == std::vector<std::string>{"first", "next"});
}

TEST_CASE("an end of the workers resumes who waits") {
  asio::io_context io;
  LogPtr log = std::make_shared<Log>();
  GatePtr gate = std::make_shared<Gate>();
  Outcome<TaskPtr> running;
  Outcome<TaskPtr> waiting;
  {
    Workers workers(kOne);
    const auto until = Clock::now() + std::chrono::seconds(20);
    TaskPtr one = std::make_shared<Step>("one", log, gate);
    running = start(io, workers.run("one", "a", std::move(one), until));
    settle(io);
    gate->wait_for(1);
    TaskPtr two = std::make_shared<Step>("two", log);
    waiting = start(io, workers.run("two", "a", std::move(two), until));
    settle(io);
  }
  run_until(io, [&] { return running->has_value() && waiting->has_value(); });
  CHECK(**waiting == nullptr);
  gate->open();
}

TEST_CASE("an executor that ends with a wait under way is let go") {
  LogPtr log = std::make_shared<Log>();
  GatePtr gate = std::make_shared<Gate>();
  Workers workers(kOne);
  {
    asio::io_context io;
    TaskPtr task = std::make_shared<Step>("one", log, gate);
    auto running =
        start(io, workers.run("one", "a", std::move(task), Clock::now() + std::chrono::hours(1)));
    settle(io);
    gate->wait_for(1);
  }
  gate->open();
}

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
    CHECK(run(io, users.find(uid, Clock::now() + std::chrono::seconds(20))) == std::nullopt);
  }
  CHECK(log.count("the user of id 1007") == 1);
  CHECK(log.count("the user of id") == 1);
  now += std::chrono::seconds(61);
  CHECK(run(io, users.find(1008, Clock::now() + std::chrono::seconds(20))) == std::nullopt);
  CHECK(log.count("the user of id 1008") == 1);
}

TEST_CASE("each database is asked once, so that its modules are loaded") {
  static int users = 0, groups = 0, lists = 0;
  NameService system;
  system.user = [](uid_t, passwd*, char*, std::size_t, passwd** result) {
    *result = nullptr;
    return ++users * 0;
  };
  system.group = [](gid_t, group*, char*, std::size_t, group** result) {
    *result = nullptr;
    return ++groups * 0;
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
  const auto named = [&](uid_t uid) { return find(uid).value()->name; };
  CHECK(named(5) == "u");
  CHECK(find(5).value()->groups.size() == 1);
  CHECK(asked == 1);
  now += std::chrono::seconds(11);
  CHECK(named(5) == "u");
  CHECK(asked == 2);
  // Asked again each time: it may be made, or the system may answer, a moment later.
  CHECK(find(7) == std::optional<LocalUserPtr>(nullptr));
  CHECK(find(7) == std::optional<LocalUserPtr>(nullptr));
  CHECK(asked == 4);
  CHECK(find(8) == std::nullopt);
  CHECK(find(8) == std::nullopt);
  CHECK(asked == 6);
}
