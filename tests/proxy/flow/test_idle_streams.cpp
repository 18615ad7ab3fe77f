// Which idle connection is used, which is closed, and when a spare is opened. The clock is ours.
#include <doctest/doctest.h>

#include <stdexcept>

#include "flow/idle_streams.hpp"
#include "flow/warm_plan.hpp"

using namespace ssmgate;
using namespace ssmgate::flow;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

using Time = IdleStreams::Time;
const Time kStart = Time() + 1h;
const UpstreamHost kHost{"ssm.us-east-1.amazonaws.com", 443};
const UpstreamHost kOther{"ssm.eu-west-1.amazonaws.com", 443};

// Only what an idle connection is asked.
class Fake final : public net::Stream {
 public:
  Fake(int which, bool& closed) : number(which), closed_(closed) {}
  asio::awaitable<net::Transfer> read_some(asio::mutable_buffer) override {
    throw std::logic_error("read");
  }
  asio::awaitable<net::Transfer> write(asio::const_buffer) override {
    throw std::logic_error("written");
  }
  asio::awaitable<net::error_code> finish_writing() override { throw std::logic_error("ended"); }
  void close() noexcept override { closed_ = true; }
  bool is_quiet() noexcept override { return quiet; }
  void keep_watch() override { watched = true; }
  bool has_been_silent() const noexcept override { return false; }
  net::Transfer read_now(asio::mutable_buffer) noexcept override { return {}; }
  net::Transfer write_now(asio::const_buffer) noexcept override { return {}; }
  asio::awaitable<net::error_code> readable() override { throw std::logic_error("waited for"); }
  asio::awaitable<net::error_code> writable() override { throw std::logic_error("waited for"); }
  void acknowledge_now() noexcept override {}
  void when_readable(Ready) override {}
  void cancel_wait() noexcept override {}
  void when_readable_within(std::chrono::milliseconds, Tell) override {}

  const int number;
  bool quiet = true;
  bool watched = false;

 private:
  bool& closed_;
};

struct Pool {
  IdleStreams idle;
  std::array<bool, 32> closed{};
  Fake& put(int number, Time now, const UpstreamHost& host = kHost) {
    auto stream = std::make_unique<Fake>(number, closed.at(static_cast<std::size_t>(number)));
    Fake& fake = *stream;
    idle.put(host, std::move(stream), now);
    return fake;
  }
  // The number of the stream that was given, 0 for none.
  int take(Time now, const UpstreamHost& host = kHost) {
    const auto stream = idle.take(host, now);
    return stream ? dynamic_cast<Fake&>(*stream).number : 0;
  }
};

}  // namespace

TEST_CASE("the connection used last is taken first and only once") {
  Pool pool;
  pool.put(1, kStart);
  pool.put(2, kStart + 1s);
  CHECK(pool.take(kStart + 2s) == 2);
  CHECK(pool.take(kStart + 2s) == 1);
  CHECK(pool.take(kStart + 2s) == 0);
  CHECK(pool.idle.count(kHost) == 0);
}

TEST_CASE("an idle connection is watched") {
  Pool pool;
  CHECK(pool.put(1, kStart).watched);
}

TEST_CASE("a connection of one host or port is no other's") {
  Pool pool;
  pool.put(1, kStart);
  CHECK(pool.take(kStart, kOther) == 0);
  CHECK(pool.take(kStart, UpstreamHost{kHost.name, 8443}) == 0);
  CHECK(pool.take(kStart) == 1);
}

TEST_CASE("a connection that has aged or is not quiet is closed and passed over") {
  Pool pool;
  pool.put(1, kStart);
  pool.put(2, kStart + 10s);
  pool.put(3, kStart + 11s).quiet = false;
  CHECK(pool.take(kStart + 20s) == 2);
  CHECK(pool.closed[3]);
  CHECK(pool.take(kStart + 20s) == 0);
  CHECK(pool.closed[1]);
  pool.put(4, kStart);
  CHECK(pool.take(kStart + kMaxIdle - 1ms) == 4);
}

TEST_CASE("no more than so many are kept") {
  Pool pool;
  for (int i = 1; i <= 20; ++i) pool.put(i, kStart);
  CHECK(pool.idle.count(kHost) == kMaxIdlePerHost);
  pool.put(21, kStart, kOther);
  pool.idle.expire(kStart + kMaxIdle - 1ms);
  CHECK(pool.idle.count(kHost) == kMaxIdlePerHost);
  pool.idle.expire(kStart + kMaxIdle);
  CHECK(pool.idle.count(kHost) == 0);
  CHECK(pool.idle.count(kOther) == 0);
}

TEST_CASE("a host that was never used has no spare") {
  WarmPlan plan;
  CHECK_FALSE(plan.begin(kHost, 0, kStart));
  plan.used(kHost, kStart);
  CHECK_FALSE(plan.begin(kOther, 0, kStart));
  CHECK(plan.begin(kHost, 0, kStart));
}

TEST_CASE("one spare at a time and none beside an idle connection") {
  WarmPlan plan;
  plan.used(kHost, kStart);
  CHECK_FALSE(plan.begin(kHost, 1, kStart));
  CHECK(plan.begin(kHost, 0, kStart));
  CHECK_FALSE(plan.begin(kHost, 0, kStart));
  plan.end(kHost, true, kStart + 1s, 0.5);
  CHECK_FALSE(plan.begin(kHost, 1, kStart + 1s));
  CHECK(plan.begin(kHost, 0, kStart + 1s));
}

TEST_CASE("a spare is kept only while its host is used") {
  WarmPlan plan;
  plan.used(kHost, kStart);
  CHECK(plan.begin(kHost, 0, kStart + kKeepWarm - 1s));
  plan.end(kHost, true, kStart + kKeepWarm - 1s, 0);
  CHECK_FALSE(plan.begin(kHost, 0, kStart + kKeepWarm));
  CHECK(plan.hosts(kStart + kKeepWarm - 1s).size() == 1);
  CHECK(plan.hosts(kStart + kKeepWarm).empty());
  plan.used(kHost, kStart + kKeepWarm);
  CHECK(plan.begin(kHost, 0, kStart + kKeepWarm));
}

TEST_CASE("after failures a spare is tried less and less often") {
  WarmPlan plan;
  plan.used(kHost, kStart);
  Time now = kStart;
  for (const auto pause : {5s, 10s, 20s, 40s, 80s, 160s, 320s, 320s}) {
    plan.used(kHost, now);
    CHECK(plan.begin(kHost, 0, now));
    plan.end(kHost, false, now, 0);
    plan.used(kHost, now + pause);
    CHECK_FALSE(plan.begin(kHost, 0, now + pause - 1ms));
    now += pause;
  }
  CHECK(plan.begin(kHost, 0, now));
  plan.end(kHost, false, now, 1);
  CHECK_FALSE(plan.begin(kHost, 0, now + 639s));
  plan.used(kHost, now + 640s);
  CHECK(plan.begin(kHost, 0, now + 640s));
  plan.end(kHost, true, now + 640s, 1);
  CHECK(plan.begin(kHost, 0, now + 640s));
}

TEST_CASE("spares are kept for a bounded number of hosts") {
  WarmPlan plan;
  plan.used(kHost, kStart);
  for (std::size_t i = 0; i < kMaxWarmHosts; ++i) {
    plan.used(UpstreamHost{"ssm.r" + std::to_string(i) + ".amazonaws.com", 443}, kStart + 1s);
  }
  CHECK(plan.hosts(kStart + 1s).size() == kMaxWarmHosts);
  CHECK_FALSE(plan.begin(kHost, 0, kStart + 1s));
  plan.end(kHost, true, kStart + 1s, 0);
}
