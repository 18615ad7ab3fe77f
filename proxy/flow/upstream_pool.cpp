#include "flow/upstream_pool.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <random>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
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

}  // namespace

// Shared with the spares that are being opened, which may outlast the pool. INVARIANT: `mutex`
// guards the last four.
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
  IdleStreams idle;
  WarmPlan plan;
  std::optional<asio::io_context::executor_type> executor;  // of the first request's context

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

  net::StreamPtr take_idle(const UpstreamHost& host, const asio::any_io_executor& current) {
    const std::lock_guard lock(mutex);
    plan.used(host, Clock::now());
    if (!executor) {
      auto& io = static_cast<asio::io_context&>(asio::query(current, asio::execution::context));
      executor = io.get_executor();
    }
    return idle.take(host, Clock::now());
  }

  // Opens a spare for `host` if the plan wants one.
  void warm(const UpstreamHost& host) {
    {
      const std::lock_guard lock(mutex);
      if (retired || !executor || !plan.begin(host, idle.count(host), Clock::now())) return;
    }
    const asio::any_io_executor strand = asio::make_strand(*executor);
    asio::co_spawn(strand, open_spare(shared_from_this(), host, strand), asio::detached);
  }

  static asio::awaitable<void> open_spare(std::shared_ptr<State> self, UpstreamHost host,
                                          asio::any_io_executor strand) {
    const auto watchdog = std::make_shared<Watchdog>(strand);
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
    self->plan.end(host, spare != nullptr, Clock::now(), chance());
    if (spare && !self->retired) self->idle.put(host, std::move(spare), Clock::now());
  }
};

UpstreamPool::UpstreamPool(std::shared_ptr<WayOut> way_out, tls::ContextPtr context,
                           net::AddressFilter denied)
    : state_(std::make_shared<State>(std::move(way_out), std::move(context), std::move(denied))) {}

asio::awaitable<Result> UpstreamPool::take(UpstreamHost host, Watchdog& watchdog) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto warm = state_->take_idle(host, executor);
  (warm ? state_->warm_count : state_->opened_count).fetch_add(1, std::memory_order_relaxed);
  if (warm) {
    state_->warm(host);
    co_return Result(std::move(warm));
  }
  UpstreamHost to = host;
  auto opened = co_await state_->open(std::move(to), watchdog);
  // Not beside the first: what fails once would only fail twice.
  if (std::holds_alternative<net::StreamPtr>(opened)) state_->warm(host);
  co_return opened;
}

PoolUse UpstreamPool::use() const noexcept {
  return {state_->warm_count.load(std::memory_order_relaxed),
          state_->opened_count.load(std::memory_order_relaxed)};
}

void UpstreamPool::give_back(const UpstreamHost& host, net::StreamPtr stream) {
  const std::lock_guard lock(state_->mutex);
  if (!state_->retired) state_->idle.put(host, std::move(stream), Clock::now());
}

void UpstreamPool::prune() {
  std::vector<UpstreamHost> hosts;
  {
    const std::lock_guard lock(state_->mutex);
    state_->idle.expire(Clock::now());
    hosts = state_->plan.hosts(Clock::now());
  }
  for (const UpstreamHost& host : hosts) state_->warm(host);
}

void UpstreamPool::retire() {
  const std::lock_guard lock(state_->mutex);
  state_->retired = true;
  state_->idle.clear();
}

}  // namespace ssmgate::flow
