// What the audit log costs a request, and how much it takes: to a file, with chain and checkpoints.
//
//   scripts/bench audit [FOLDER]
//
// `paced`: 1,000 requests a second, each waits for its decision and leaves a result behind; what
// the wait takes is what the audit adds to a relay. `sustained`: 64 at a time, as fast as it goes.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "state/signed_file.hpp"

using namespace ssmgate;
namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kRun{10};
constexpr int kTogether = 64;
constexpr int kPaced = 20;
constexpr std::chrono::milliseconds kPace{20};

state::AuditRecord a_decision() {
  state::AuditRecord record;
  record.time = std::chrono::system_clock::now();
  record.request_id = "3f1c2a44-9f6e-4c1b-8f0e-3a0a4d1f7f10";
  record.decision = "allow";
  record.effect = "relay";
  record.code = "allowed";
  record.rule = "orders-db";
  record.policy_revision = std::string(64, 'a');
  record.client = "127.0.0.1";
  record.access_key = "ASIAEXAMPLEEXAMPLE01";
  record.account = "111122223333";
  record.region = "us-east-1";
  record.endpoint = "ssm.us-east-1.amazonaws.com";
  record.operation = "StartSession";
  record.document = "AWS-StartPortForwardingSessionToRemoteHost";
  record.target = "i-0123456789abcdef0";
  record.host = "orders.x1.rds.amazonaws.com";
  record.port = 5432;
  record.parameters = {{"host", {"orders.x1.rds.amazonaws.com"}}, {"portNumber", {"5432"}}};
  return record;
}

struct Measured {
  std::vector<double> waits;  // ms
  std::atomic<std::uint64_t> refused = 0;
};

asio::awaitable<void> request_again_and_again(state::AuditLog& log, Measured& measured,
                                              Clock::time_point end,
                                              std::chrono::milliseconds pace) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor);
  std::vector<double> waits;
  while (Clock::now() < end) {
    state::AuditRecord decision = a_decision();
    state::AuditRecord result = decision;
    result.event = state::Event::result;
    const auto begun = Clock::now();
    const bool written = co_await log.write(decision, state::WhenLost::refused);
    waits.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begun).count());
    if (!written) ++measured.refused;
    log.post(result);
    if (pace.count() == 0) continue;
    timer.expires_after(pace);
    co_await timer.async_wait(asio::use_awaitable);
  }
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  measured.waits.insert(measured.waits.end(), waits.begin(), waits.end());
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void report(const char* name, Measured& measured, std::uint64_t records, std::uint64_t lost,
            double seconds, double cpu) {
  std::sort(measured.waits.begin(), measured.waits.end());
  const auto at = [&](double part) {
    return measured
        .waits[static_cast<std::size_t>(static_cast<double>(measured.waits.size() - 1) * part)];
  };
  std::printf(
      "%-10s %8.0f records/s  wait ms: median %.2f  p99 %.2f  most %.1f  cpu %.1f us  "
      "refused %llu  lost %llu\n",
      name, static_cast<double>(records) / seconds, at(0.5), at(0.99), at(1.0),
      cpu * 1e6 / static_cast<double>(records),
      static_cast<unsigned long long>(measured.refused.load()),
      static_cast<unsigned long long>(lost));
}

bool run(const char* name, const config::Audit& settings, const fs::path& folder, int together,
         std::chrono::milliseconds pace) {
  auto opened = state::open_audit_log(settings, folder);
  if (const auto* fault = std::get_if<state::SinkFault>(&opened)) {
    std::fprintf(stderr, "%s\n", fault->text.c_str());
    return false;
  }
  const auto log = std::get<std::unique_ptr<state::AuditLog>>(std::move(opened));
  Measured measured;
  // Event loops as the gateway's: one thread each.
  std::array<asio::io_context, 2> loops{asio::io_context(1), asio::io_context(1)};
  const double cpu = cpu_seconds();
  const auto begun = Clock::now();
  for (int i = 0; i < together; ++i) {
    asio::co_spawn(loops.at(static_cast<std::size_t>(i) % loops.size()),
                   request_again_and_again(*log, measured, begun + kRun, pace), asio::detached);
  }
  std::vector<std::thread> threads;
  for (asio::io_context& loop : loops) threads.emplace_back([&loop] { loop.run(); });
  for (std::thread& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  const state::SinkState status = log->sinks()[0];
  report(name, measured, status.taken, status.lost, seconds, cpu_seconds() - cpu);
  return measured.refused == 0 && status.lost == 0;
}

}  // namespace

int main(int count, char** words) {
  std::string made = (fs::path(count > 1 ? words[1] : "/tmp") / "ssmgate-bench-XXXXXX").string();
  if (::mkdtemp(made.data()) == nullptr) return 1;
  config::Audit settings;
  settings.sinks.push_back({config::AuditSink::Type::file, fs::path(made) / "audit.jsonl"});
  bool good = run("paced", settings, made, kPaced, kPace);
  good = run("sustained", settings, made, kTogether, std::chrono::milliseconds(0)) && good;
  fs::remove_all(made);
  return good ? 0 : 1;
}
