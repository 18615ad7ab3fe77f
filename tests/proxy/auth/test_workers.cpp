#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "auth/workers.hpp"
#include "proxy/net/loop.hpp"

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
