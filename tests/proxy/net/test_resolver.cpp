// Look-ups with a system that does as it is told.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>

#include "net/resolver.hpp"
#include "proxy/net/loop.hpp"

using namespace ssmgate::test;
using namespace std::chrono_literals;
using ssmgate::net::Resolution;
using ssmgate::net::Resolver;
using SteadyClock = std::chrono::steady_clock;

namespace {

// A name server: "slow…" is held until `release`, "bad…" does not exist, all else is 192.0.2.1.
class Server {
 public:
  Resolution answer(const std::string& host) {
    ++asked_;
    std::unique_lock lock(mutex_);
    Resolution made;
    if (out_of_order_) {
      made.error = asio::error::host_not_found_try_again;
      return made;
    }
    if (host.starts_with("slow") || silent_) {
      ++held_;
      changed_.notify_all();
      changed_.wait(lock, [this] { return released_; });
      --held_;
      changed_.notify_all();
    }
    if (host.starts_with("bad")) {
      made.error = asio::error::host_not_found;
    } else {
      made.addresses.push_back(asio::ip::make_address("192.0.2.1"));
    }
    return made;
  }
  void release() {
    const std::scoped_lock lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  void fall_silent() {
    const std::scoped_lock lock(mutex_);
    silent_ = true;
  }
  void fail() {
    const std::scoped_lock lock(mutex_);
    out_of_order_ = true;
  }
  void wait_for_held(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this, count] { return held_ == count; });
  }
  [[nodiscard]] int asked() const { return asked_; }

 private:
  std::atomic<int> asked_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool released_ = false;
  bool silent_ = false;
  bool out_of_order_ = false;
  int held_ = 0;
};

// The server outlives the resolver's threads, which are not waited for.
struct Fixture {
  std::shared_ptr<Server> server = std::make_shared<Server>();
  std::shared_ptr<std::atomic<SteadyClock::rep>> skipped =
      std::make_shared<std::atomic<SteadyClock::rep>>(0);
  std::unique_ptr<Resolver> resolver;
  asio::io_context io;

  explicit Fixture(int threads = 4) {
    resolver = std::make_unique<Resolver>(
        threads, [server = server](const std::string& host) { return server->answer(host); },
        [skipped = skipped] { return SteadyClock::now() + SteadyClock::duration(*skipped); });
  }
  // As in the gateway: nobody waits for a thread's answer any more when the event loop goes.
  ~Fixture() {
    resolver.reset();
    server->release();
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  void skip(SteadyClock::duration time) { *skipped += time.count(); }
  asio::awaitable<Resolution> look(std::string host) { return look(std::move(host), 15s); }
  asio::awaitable<Resolution> look(std::string host, SteadyClock::duration patience) {
    return resolver->resolve(std::move(host), SteadyClock::now() + patience);
  }
};

std::string only(const Resolution& found) {
  if (found.error) return found.error.message();
  return found.addresses.size() == 1 ? found.addresses[0].to_string() : "several";
}

}  // namespace

TEST_CASE("a name that does not exist is an error and remembered for two seconds") {
  Fixture f;
  CHECK(run(f.io, f.look("bad.example")).error == asio::error::host_not_found);
  f.skip(1900ms);
  CHECK(run(f.io, f.look("bad.example")).error == asio::error::host_not_found);
  CHECK(f.server->asked() == 1);
  f.skip(200ms);
  CHECK(run(f.io, f.look("bad.example")).error == asio::error::host_not_found);
  CHECK(f.server->asked() == 2);
}

TEST_CASE("a zone in an address is not resolved") {
  Fixture f;
  CHECK(run(f.io, f.look("fe80::1%lo")).error == asio::error::host_not_found);
  CHECK(f.server->asked() == 0);
}

TEST_CASE("an address is its own answer") {
  Fixture f;
  CHECK(only(run(f.io, f.look("127.0.0.1"))) == "127.0.0.1");
  CHECK(only(run(f.io, f.look("2001:db8::1"))) == "2001:db8::1");
  CHECK(only(run(f.io, f.look("::ffff:10.0.0.1"))) == "10.0.0.1");
  CHECK(f.server->asked() == 0);
}

TEST_CASE("an answer is kept for thirty seconds") {
  Fixture f;
  CHECK(only(run(f.io, f.look("a.example"))) == "192.0.2.1");
  f.skip(29s);
  CHECK(only(run(f.io, f.look("a.example"))) == "192.0.2.1");
  CHECK(f.server->asked() == 1);
  f.skip(2s);
  CHECK(only(run(f.io, f.look("a.example"))) == "192.0.2.1");
  CHECK(f.server->asked() == 2);
}

TEST_CASE("no more than 4096 names are kept") {
  Fixture f;
  for (int i = 0; i <= 4096; ++i) (void)run(f.io, f.look("n" + std::to_string(i)));
  CHECK(f.server->asked() == 4097);
  (void)run(f.io, f.look("n4096"));
  (void)run(f.io, f.look("n1"));
  CHECK(f.server->asked() == 4097);
  (void)run(f.io, f.look("n0"));
  CHECK(f.server->asked() == 4098);
}

TEST_CASE("those who ask for one name at once share one query") {
  Fixture f;
  std::vector<Outcome<Resolution>> outcomes;
  for (int i = 0; i < 10; ++i) outcomes.push_back(start(f.io, f.look("slow.example")));
  settle(f.io);
  f.server->wait_for_held(1);
  f.server->release();
  for (const auto& outcome : outcomes) {
    run_until(f.io, [&outcome] { return outcome->has_value(); });
    CHECK(only(**outcome) == "192.0.2.1");
  }
  CHECK(f.server->asked() == 1);
}

TEST_CASE("a slow name holds up nobody else") {
  Fixture f(2);
  const auto slow = start(f.io, f.look("slow.example"));
  settle(f.io);
  f.server->wait_for_held(1);
  CHECK(only(run(f.io, f.look("quick.example"))) == "192.0.2.1");
  CHECK_FALSE(slow->has_value());
}

TEST_CASE("a zone of slow names holds up itself alone") {
  Fixture f(1);
  std::vector<Outcome<Resolution>> slow;
  for (int i = 0; i < 50; ++i) {
    slow.push_back(start(f.io, f.look("slow" + std::to_string(i) + ".one.example")));
  }
  settle(f.io);
  f.server->wait_for_held(2);
  for (int i = 0; i < 20; ++i) {
    CHECK(only(run(f.io, f.look("quick" + std::to_string(i) + ".other.example"))) == "192.0.2.1");
  }
  CHECK(f.server->asked() == 22);
  f.server->release();
  run_until(f.io, [&slow] {
    return std::ranges::all_of(slow, [](const auto& each) { return each->has_value(); });
  });
  CHECK(f.server->asked() == 70);
}

TEST_CASE("the deadline ends the wait and the late answer is kept") {
  Fixture f;
  const auto patient = start(f.io, f.look("slow.example"));
  settle(f.io);
  f.server->wait_for_held(1);
  CHECK(run(f.io, f.look("slow.example", 20ms)).error == asio::error::timed_out);
  f.server->release();
  CHECK(only(run(f.io, f.look("slow.example"))) == "192.0.2.1");
  CHECK(f.server->asked() == 1);
}

TEST_CASE("a name that nobody waits for any more is not looked up") {
  Fixture f(1);
  // A zone's whole share.
  const auto held = start(f.io, f.look("slow1.one.example"));
  const auto held_too = start(f.io, f.look("slow2.one.example"));
  settle(f.io);
  f.server->wait_for_held(2);
  for (int i = 0; i < 20; ++i) {
    const auto given_up = run(f.io, f.look("n" + std::to_string(i) + ".one.example", 1ms));
    CHECK(given_up.error == asio::error::timed_out);
  }
  const auto wanted = start(f.io, f.look("wanted.one.example"));
  settle(f.io);
  f.server->release();
  run_until(f.io, [&wanted] { return wanted->has_value(); });
  CHECK(only(**wanted) == "192.0.2.1");
  CHECK(f.server->asked() == 3);
}

TEST_CASE("whatever else is looked up does not hold up the names of SSM") {
  Fixture f(1);
  const auto held = start(f.io, f.look("slow.example"));
  settle(f.io);
  f.server->wait_for_held(1);
  CHECK(only(run(f.io, f.look("ssm.us-east-1.amazonaws.com"))) == "192.0.2.1");
  CHECK(only(run(f.io, f.look("ssm.eu-west-1.amazonaws.com"))) == "192.0.2.1");
  CHECK_FALSE(held->has_value());
}

TEST_CASE("an old answer stands in for name servers that fail") {
  Fixture f;
  CHECK(only(run(f.io, f.look("a.example"))) == "192.0.2.1");
  f.server->fail();
  f.skip(31s);
  CHECK(only(run(f.io, f.look("a.example"))) == "192.0.2.1");
  CHECK(only(run(f.io, f.look("a.example"))) == "192.0.2.1");
  CHECK(f.server->asked() == 2);
  f.skip(3s);
  CHECK(only(run(f.io, f.look("a.example"))) == "192.0.2.1");
  CHECK(f.server->asked() == 3);
  f.skip(10min);
  CHECK(run(f.io, f.look("a.example")).error == asio::error::host_not_found_try_again);
}

TEST_CASE("an old answer stands in for name servers that are silent") {
  Fixture f;
  CHECK(only(run(f.io, f.look("a.example"))) == "192.0.2.1");
  f.server->fall_silent();
  f.skip(31s);
  const auto before = SteadyClock::now();
  CHECK(only(run(f.io, f.look("a.example", 100ms))) == "192.0.2.1");
  CHECK(SteadyClock::now() - before >= 50ms);
  f.skip(10min);
  CHECK(run(f.io, f.look("a.example", 20ms)).error == asio::error::timed_out);
}

TEST_CASE("a deadline of one does not end the wait of another") {
  Fixture f;
  const auto patient = start(f.io, f.look("slow.example"));
  CHECK(run(f.io, f.look("slow.example", 20ms)).error == asio::error::timed_out);
  CHECK_FALSE(patient->has_value());
  f.server->release();
  run_until(f.io, [&patient] { return patient->has_value(); });
  CHECK(only(**patient) == "192.0.2.1");
}

TEST_CASE("a cancelled wait ends and leaves the query to others") {
  Fixture f;
  asio::cancellation_signal signal;
  auto outcome = std::make_shared<std::optional<Resolution>>();
  asio::co_spawn(f.io, f.look("slow.example"),
                 asio::bind_cancellation_slot(
                     signal.slot(), [outcome](const std::exception_ptr& error, Resolution value) {
                       Resolution threw;
                       threw.error = asio::error::fault;
                       *outcome = error ? threw : std::move(value);
                     }));
  settle(f.io);
  f.server->wait_for_held(1);
  signal.emit(asio::cancellation_type::all);
  run_until(f.io, [&outcome] { return outcome->has_value(); });
  CHECK((*outcome)->error == asio::error::operation_aborted);
  f.server->release();
  CHECK(only(run(f.io, f.look("slow.example"))) == "192.0.2.1");
}

TEST_CASE("a resolver that goes away neither waits nor leaves anybody waiting") {
  Fixture f(1);
  const auto held = start(f.io, f.look("slow1.one.example"));
  const auto held_too = start(f.io, f.look("slow2.one.example"));
  const auto queued = start(f.io, f.look("other.one.example"));
  settle(f.io);
  f.server->wait_for_held(2);
  f.resolver.reset();
  run_until(f.io, [&] { return held->has_value() && queued->has_value(); });
  CHECK((*held)->error == asio::error::operation_aborted);
  CHECK((*queued)->error == asio::error::operation_aborted);
}

TEST_CASE("an answer for a loop that is gone goes nowhere") {
  Fixture f(1);
  {
    asio::io_context gone;
    (void)start(gone, f.look("slow.example"));
    settle(gone);
    f.server->wait_for_held(1);
  }
  f.server->release();
  CHECK(only(run(f.io, f.look("slow.example"))) == "192.0.2.1");
  CHECK(f.server->asked() == 1);
}

TEST_CASE("the system knows this machine") {
  asio::io_context io;
  Resolver resolver;
  const auto found = run(io, resolver.resolve("localhost", SteadyClock::now() + 15s));
  REQUIRE_FALSE(found.error);
  for (const auto& address : found.addresses) CHECK(address.is_loopback());
}
