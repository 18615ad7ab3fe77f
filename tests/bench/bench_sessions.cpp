// What a CONNECT to a data channel costs among 5,000 live sessions: which session it belongs to, up
// to the tunnel. Without the lock around it and without sockets.
//
//   scripts/bench sessions
#include <algorithm>
#include <chrono>
#include <vector>

#include <benchmark/benchmark.h>

#include "flow/session_text.hpp"
#include "flow/sessions.hpp"

using namespace ssmgate::flow;

namespace {

constexpr std::size_t kLive = 5'000;
constexpr const char* kHost = "ssmmessages.us-east-1.amazonaws.com";

Owner owner(std::size_t number) {
  return Owner{"user-" + std::to_string(number), true};
}

void open_all(Sessions& sessions, std::size_t a_user, SessionTime now) {
  for (std::size_t i = 0; i < kLive; ++i) {
    SessionFacts facts;
    facts.id = "user-" + std::to_string(i);
    facts.channel_host = kHost;
    facts.owner = owner(i / a_user);
    (void)sessions.open(std::move(facts), now);
    if (i % a_user == 0) continue;  // one of each user waits
    (void)sessions.attach(owner(i / a_user), kHost, i, now);
    (void)sessions.opened(i, now);
  }
}

// The 99th percentile is what counts: an operator sees the slowest.
void attach(benchmark::State& state) {
  const auto a_user = static_cast<std::size_t>(state.range(0));
  Sessions sessions;
  const SessionTime now{};
  open_all(sessions, a_user, now);
  std::vector<double> took;
  ChannelNumber channel = kLive;
  std::size_t user = 0;
  for (auto _ : state) {
    user = (user + 1) % (kLive / a_user);
    const auto begun = std::chrono::steady_clock::now();
    auto found = sessions.attach(owner(user), kHost, ++channel, now);
    benchmark::DoNotOptimize(found);
    const Effects effects = sessions.opened(channel, now);
    const std::string text = render_session(*sessions.find(effects.changed.front()), now);
    benchmark::DoNotOptimize(text);
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun;
    state.SetIterationTime(passed.count());
    took.push_back(passed.count());
    // Lost again, so that the user has one that waits.
    (void)sessions.lose(channel, 1, 1, Closer::client, now);
  }
  const auto nth = took.begin() + static_cast<std::ptrdiff_t>(took.size() * 99 / 100);
  std::nth_element(took.begin(), nth, took.end());
  state.counters["p99_us"] = *nth * 1e6;
}
BENCHMARK(attach)->Arg(1)->Arg(20)->UseManualTime()->Iterations(100'000);

// One that is refused: the owner has sessions, and none waits.
void refuse(benchmark::State& state) {
  Sessions sessions;
  open_all(sessions, 1, SessionTime{});
  const SessionTime later = SessionTime{} + std::chrono::hours(1);
  std::size_t user = 0;
  for (auto _ : state) {
    auto found = sessions.attach(owner(user = (user + 1) % kLive), kHost, 1, later);
    benchmark::DoNotOptimize(found);
  }
}
BENCHMARK(refuse);

// The timer's turn when nothing is due.
void tick(benchmark::State& state) {
  Sessions sessions;
  open_all(sessions, 20, SessionTime{});
  for (auto _ : state) {
    auto effects = sessions.tick(SessionTime{});
    benchmark::DoNotOptimize(effects);
  }
}
BENCHMARK(tick);

}  // namespace

BENCHMARK_MAIN();
