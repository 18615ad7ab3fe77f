// What a CONNECT to a data channel costs among 5,000 live sessions: which session it belongs to, up
// to the tunnel, without the lock around it and without sockets; and what their store costs, in
// time and in bytes.
//
//   scripts/bench sessions
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "flow/session_text.hpp"
#include "flow/sessions.hpp"
#include "state/session_store.hpp"

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
    facts.client = "10.8.0.1";
    facts.document = "AWS-StartPortForwardingSessionToRemoteHost";
    facts.target = "i-0abc123def4567890";
    facts.host = "orders.cluster-x1.ap-northeast-1.rds.amazonaws.com";
    facts.rule = "orders-db";
    facts.policy_revision = std::string(64, 'a');
    (void)sessions.open(std::move(facts), now);
    if (i % a_user == 0) continue;  // one of each user waits
    (void)sessions.attach(owner(i / a_user), kHost, i, now);
    (void)sessions.opened(i, now);
  }
}

// In microseconds.
double slowest_but_one_in_a_hundred(std::vector<double>& seconds) {
  const auto nth = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() * 99 / 100);
  std::nth_element(seconds.begin(), nth, seconds.end());
  return *nth * 1e6;
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
    const Session& session = *sessions.find(effects.changed.front());
    const std::string text = render_session(session, account_of(session), now);
    benchmark::DoNotOptimize(text);
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun;
    state.SetIterationTime(passed.count());
    took.push_back(passed.count());
    // Lost again, so that the user has one that waits.
    (void)sessions.lose(channel, 1, 1, Closer::client, now);
  }
  state.counters["p99_us"] = slowest_but_one_in_a_hundred(took);
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

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "ssmgate-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder");
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] double megabytes() const {
    std::uintmax_t size = 0;
    for (const auto& file : std::filesystem::directory_iterator(path)) size += file.file_size();
    return static_cast<double>(size) / 1e6;
  }
  std::filesystem::path path;
};

std::unique_ptr<ssmgate::state::SessionStore> open_store(const Folder& folder) {
  auto opened = ssmgate::state::SessionStore::open(folder.path / "sessions.db");
  if (auto* fault = std::get_if<ssmgate::state::StoreFault>(&opened)) {
    throw std::runtime_error(fault->text);
  }
  return std::get<std::unique_ptr<ssmgate::state::SessionStore>>(std::move(opened));
}

boost::asio::awaitable<void> write_one(ssmgate::state::SessionStore& store,
                                       ssmgate::state::StoredSession session) {
  const bool written = co_await store.write(std::move(session));
  if (!written) throw std::runtime_error("a session was not written");
}

// A started session until it is down, which the answer to StartSession waits for; and how large the
// store is that has always had 5,000 of them, each a day's need.
void write(benchmark::State& state) {
  const Folder folder;
  const auto store = open_store(folder);
  Sessions sessions;
  const SessionTime now = std::chrono::system_clock::now();
  open_all(sessions, 20, now);
  const auto stored = [&](std::size_t number) {
    const Session& session = *sessions.find("user-" + std::to_string(number % kLive));
    return ssmgate::state::StoredSession{std::to_string(number), sessions.keep_until(session),
                                         render_session(session, account_of(session), now)};
  };
  std::size_t number = 0;
  for (; number < kLive; ++number) store->put(stored(number));
  boost::asio::io_context context;
  std::vector<double> took;
  for (auto _ : state) {
    store->erase(std::to_string(number - kLive));
    const auto begun = std::chrono::steady_clock::now();
    boost::asio::co_spawn(context, write_one(*store, stored(number++)),
                          [](const std::exception_ptr& fault) {
                            if (fault) std::rethrow_exception(fault);
                          });
    context.restart();
    context.run();
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun;
    state.SetIterationTime(passed.count());
    took.push_back(passed.count());
  }
  state.counters["p99_us"] = slowest_but_one_in_a_hundred(took);
  state.counters["open_MB"] = folder.megabytes();
  store->close();
  state.counters["closed_MB"] = folder.megabytes();
}
BENCHMARK(write)->UseManualTime()->Iterations(2'000);
BENCHMARK(write)->UseManualTime()->Iterations(20'000);

}  // namespace

BENCHMARK_MAIN();
