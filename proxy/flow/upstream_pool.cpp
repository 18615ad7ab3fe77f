#include "flow/upstream_pool.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include "flow/warm_plan.hpp"

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace {

using Clock = std::chrono::steady_clock;
using Result = std::variant<UpstreamFault, net::StreamPtr>;

double chance() {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return std::uniform_real_distribution<>(0.0, 1.0)(generator);
}

asio::io_context& loop_of(const asio::any_io_executor& executor) {
  return static_cast<asio::io_context&>(asio::query(executor, asio::execution::context));
}

// What is kept of one event loop.
struct Kept {
  IdleStreams idle;
  WarmPlan plan;
};

}  // namespace

// Shared with the spares that are being opened, which may outlast the pool. INVARIANT: `mutex`
// guards the last two.
struct UpstreamPool::State : std::enable_shared_from_this<State> {
  State(std::shared_ptr<WayOut> way, tls::ContextPtr trusted, net::AddressFilter filter)
      : way_out(std::move(way)), context(std::move(trusted)), denied(std::move(filter)) {}

  const std::shared_ptr<WayOut> way_out;
  const tls::ContextPtr context;
  const net::AddressFilter denied;
  std::atomic<std::uint64_t> warm_count = 0;
  std::atomic<std::uint64_t> opened_count = 0;
  std::mutex mutex;
  bool retired = false;
  std::map<asio::io_context*, Kept> by_loop;  // INVARIANT: the loops outlast the pool's use

  // Dials and shakes hands, all within `connect_timeout`.
  asio::awaitable<Result> open(UpstreamHost host, Watchdog& watchdog) {
    const Deadline deadline(way_out->connect_timeout());
    auto name = parse_host(host.name);
    net::AddressFilter filter = denied;
    auto opened =
        co_await way_out->open(std::move(*name), host.port, std::move(filter), deadline, watchdog);
    if (auto* fault = std::get_if<UpstreamFault>(&opened)) co_return Result(std::move(*fault));
    auto& [plain, early] = std::get<Opened>(opened);
    if (!early.empty()) {
      plain->close();
      co_return make_fault(Code::upstream_protocol, "the upstream spoke before the TLS handshake");
    }
    const Watchdog::Attachment attachment(watchdog, *plain);
    const Watchdog::Stage stage(watchdog, *plain, deadline.left());
    auto handshake = co_await net::connect_tls(plain, context, std::move(host.name));
    if (auto* fault = std::get_if<net::HandshakeFault>(&handshake)) {
      co_return Result(fault_of(std::move(*fault), stage.expired()));
    }
    co_return Result(std::move(std::get<net::StreamPtr>(handshake)));
  }

  net::StreamPtr take_idle(asio::io_context& loop, const UpstreamHost& host) {
    const std::lock_guard lock(mutex);
    Kept& kept = by_loop[&loop];
    kept.plan.used(host, Clock::now());
    return kept.idle.take(host, Clock::now());
  }

  // Opens a spare for `host` if the plan wants one.
  void warm(asio::io_context& loop, const UpstreamHost& host) {
    {
      const std::lock_guard lock(mutex);
      Kept& kept = by_loop[&loop];
      if (retired || !kept.plan.begin(host, kept.idle.count(host), Clock::now())) return;
    }
    asio::co_spawn(loop, open_spare(shared_from_this(), loop, host), asio::detached);
  }

  static asio::awaitable<void> open_spare(std::shared_ptr<State> self, asio::io_context& loop,
                                          UpstreamHost host) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto watchdog = std::make_shared<Watchdog>(executor);
    net::StreamPtr spare;
    try {
      UpstreamHost to = host;
      auto opened = co_await self->open(std::move(to), *watchdog);
      if (auto* stream = std::get_if<net::StreamPtr>(&opened)) spare = std::move(*stream);
    } catch (const std::exception&) {
      // A spare that fails is missed by nobody: the next command opens its own.
    }
    watchdog->finish();
    const std::lock_guard lock(self->mutex);
    Kept& kept = self->by_loop[&loop];
    kept.plan.end(host, spare != nullptr, Clock::now(), chance());
    if (spare && !self->retired) kept.idle.put(host, std::move(spare), Clock::now());
  }
};

UpstreamPool::UpstreamPool(std::shared_ptr<WayOut> way_out, tls::ContextPtr context,
                           net::AddressFilter denied)
    : state_(std::make_shared<State>(std::move(way_out), std::move(context), std::move(denied))) {}

asio::awaitable<Result> UpstreamPool::take(UpstreamHost host, Watchdog& watchdog) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  asio::io_context& loop = loop_of(executor);
  auto warm = state_->take_idle(loop, host);
  (warm ? state_->warm_count : state_->opened_count).fetch_add(1, std::memory_order_relaxed);
  if (warm) {
    state_->warm(loop, host);
    co_return Result(std::move(warm));
  }
  UpstreamHost to = host;
  auto opened = co_await state_->open(std::move(to), watchdog);
  // Not beside the first: what fails once would only fail twice.
  if (std::holds_alternative<net::StreamPtr>(opened)) state_->warm(loop, host);
  co_return opened;
}

PoolUse UpstreamPool::use() const noexcept {
  return {state_->warm_count.load(std::memory_order_relaxed),
          state_->opened_count.load(std::memory_order_relaxed)};
}

void UpstreamPool::give_back(const UpstreamHost& host, net::StreamPtr stream,
                             const asio::any_io_executor& current) {
  const std::lock_guard lock(state_->mutex);
  if (state_->retired) return;
  state_->by_loop[&loop_of(current)].idle.put(host, std::move(stream), Clock::now());
}

void UpstreamPool::prune() {
  std::vector<std::pair<asio::io_context*, UpstreamHost>> used;
  {
    const std::lock_guard lock(state_->mutex);
    for (auto& [loop, kept] : state_->by_loop) {
      kept.idle.expire(Clock::now());
      for (UpstreamHost& host : kept.plan.hosts(Clock::now())) {
        used.emplace_back(loop, std::move(host));
      }
    }
  }
  for (const auto& [loop, host] : used) state_->warm(*loop, host);
}

void UpstreamPool::retire() {
  const std::lock_guard lock(state_->mutex);
  state_->retired = true;
  state_->by_loop.clear();
}

}  // namespace ssmgate::flow
