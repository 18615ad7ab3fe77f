// The resolver's coroutine side, and its threads.
#include "net/resolver.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <csignal>

#include "net/answer_cache.hpp"
#include "net/lookup_queue.hpp"
#include "net/system_lookup.hpp"
#include "net/tokens.hpp"
#include "ssmgate/names/endpoint.hpp"

namespace ssmgate::net {
namespace {

using SteadyClock = std::chrono::steady_clock;

// One coroutine's wait. The timer is its deadline and, cancelled, its wake-up; it is touched on the
// coroutine's executor alone.
struct Waiter {
  Waiter(const asio::any_io_executor& executor, SteadyClock::time_point deadline)
      : timer(executor, deadline) {}
  asio::steady_timer timer;
  std::optional<Resolution> result;
};
using WaiterPtr = std::shared_ptr<Waiter>;

void deliver(const WaiterPtr& waiter, const Resolution& result) {
  asio::post(waiter->timer.get_executor(), [waiter, result] {
    waiter->result = result;
    waiter->timer.cancel();
  });
}

// A name that is looked up, and who waits for it: possibly nobody.
struct Pending {
  std::vector<WaiterPtr> waiters;
  bool queued = true;  // false: a thread is at it
};

enum Lane : std::size_t { endpoints, others, kLanes };

// LIMIT: with 4 threads a lane, 32 names that are not SSM's are looked up at a time, and 8 of one
// zone: it takes four silent zones to hold the others up, until their look-ups are given up.
constexpr int kGrowth = 8;
constexpr int kZones = 4;

Lane lane_of(const std::string& host) {
  return find_endpoint(host) ? endpoints : others;
}

std::optional<Resolution> parse_literal(const std::string& host) {
  Resolution answer;
  // Asio would take a zone, which no upstream has.
  if (host.find('%') != std::string::npos) {
    answer.error = asio::error::host_not_found;
    return answer;
  }
  const asio::ip::address address = asio::ip::make_address(host, answer.error);
  if (answer.error) return std::nullopt;
  answer.addresses.push_back(unmap(address));
  return answer;
}

}  // namespace

// INVARIANT: `mutex` guards every member that is not const.
struct Resolver::Impl : std::enable_shared_from_this<Impl> {
  // All of SSM's own names lie in few zones: there it is each name that has its share.
  Impl(LookUp function, Now clock, int lane_threads)
      : look_up(std::move(function)),
        now(std::move(clock)),
        least(lane_threads),
        most{lane_threads, lane_threads * kGrowth},
        queues{LookupQueue(static_cast<std::size_t>(lane_threads)),
               LookupQueue(static_cast<std::size_t>(lane_threads) * kGrowth / kZones)} {}

  const LookUp look_up;
  const Now now;
  const int least;  // threads of a lane that stay
  const std::array<int, kLanes> most;
  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  int threads = 0;
  int busy = 0;
  std::array<int, kLanes> of_lane{};  // threads
  std::array<int, kLanes> idle{};     // of those
  std::array<LookupQueue, kLanes> queues;
  // INVARIANT: every name that is queued has somebody who waits for it.
  std::map<std::string, Pending> pending;
  AnswerCache cache;

  static void work(const std::shared_ptr<Impl>& self, Lane lane);
  static void start(const std::shared_ptr<Impl>& self, Lane lane);
  // One thread more where names wait that may go on and none is free.
  void grow(Lane lane);
  void answer_all(const std::string& host, const Resolution& answer);
  [[nodiscard]] std::optional<Resolution> find_old(const std::string& host);
  // A cached answer, or nothing: the waiter is then among the pending.
  [[nodiscard]] std::optional<Resolution> find_or_join(const std::string& host,
                                                       const WaiterPtr& waiter);
  void leave(const std::string& host, const WaiterPtr& waiter);
};

namespace {

// Takes a waiter off the list however its coroutine ends. INVARIANT: a waiter on the list has a
// living executor: answers are posted under the mutex, and the frame that an executor destroys as
// it ends goes through here first.
class Membership {
 public:
  explicit Membership(std::function<void()> leave) : leave_(std::move(leave)) {}
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;
  ~Membership() { leave_(); }

 private:
  std::function<void()> leave_;
};

}  // namespace

void Resolver::Impl::answer_all(const std::string& host, const Resolution& answer) {
  const auto waiting = pending.extract(host);
  if (waiting.empty()) return;
  for (const WaiterPtr& waiter : waiting.mapped().waiters) deliver(waiter, answer);
}

std::optional<Resolution> Resolver::Impl::find_old(const std::string& host) {
  const std::scoped_lock lock(mutex);
  return cache.find_old(host, now());
}

std::optional<Resolution> Resolver::Impl::find_or_join(const std::string& host,
                                                       const WaiterPtr& waiter) {
  const std::scoped_lock lock(mutex);
  if (auto cached = cache.find(host, now())) return cached;
  const auto [under_way, is_new] = pending.try_emplace(host);
  under_way->second.waiters.push_back(waiter);
  if (!is_new) return std::nullopt;
  const Lane lane = lane_of(host);
  queues[lane].push(host);
  grow(lane);
  changed.notify_all();
  return std::nullopt;
}

void Resolver::Impl::leave(const std::string& host, const WaiterPtr& waiter) {
  const std::scoped_lock lock(mutex);
  const auto under_way = pending.find(host);
  if (under_way == pending.end()) return;
  Pending& entry = under_way->second;
  std::erase(entry.waiters, waiter);
  if (!entry.waiters.empty() || !entry.queued) return;
  queues[lane_of(host)].remove(host);
  pending.erase(under_way);
}

void Resolver::Impl::grow(Lane lane) {
  if (idle[lane] > 0 || of_lane[lane] >= most[lane] || !queues[lane].has_next()) return;
  start(shared_from_this(), lane);
}

void Resolver::Impl::work(const std::shared_ptr<Impl>& self, Lane lane) {
  std::unique_lock lock(self->mutex);
  LookupQueue& queue = self->queues[lane];
  for (;;) {
    ++self->idle[lane];
    // What was started for a rush goes after it.
    if (self->of_lane[lane] <= self->least) {
      self->changed.wait(lock, [&] { return self->stopping || queue.has_next(); });
    }
    --self->idle[lane];
    if (self->stopping) break;
    const auto host = queue.take();
    if (!host) break;
    self->pending.at(*host).queued = false;
    ++self->busy;
    // Whoever was woken for two names takes one.
    self->grow(lane);
    lock.unlock();
    Resolution found = self->look_up(*host);
    lock.lock();
    --self->busy;
    if (self->stopping) break;
    queue.done(*host);
    self->answer_all(*host, self->cache.keep(*host, std::move(found), self->now()));
    // Others may have waited for their zone's share.
    self->changed.notify_all();
  }
  --self->of_lane[lane];
  --self->threads;
  self->changed.notify_all();
}

// With the mutex held. A thread that cannot be had is one less.
void Resolver::Impl::start(const std::shared_ptr<Impl>& self, Lane lane) {
  // Signals are for the program's own threads.
  sigset_t every;
  sigset_t before;
  sigfillset(&every);
  pthread_sigmask(SIG_SETMASK, &every, &before);
  try {
    std::thread([self, lane] { work(self, lane); }).detach();
    ++self->of_lane[lane];
    ++self->threads;
  } catch (const std::system_error&) {
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Resolver::Resolver(int threads) : Resolver(threads, &look_up_by_system, &SteadyClock::now) {}

Resolver::Resolver(int threads, LookUp look_up, Now now)
    : impl_(std::make_shared<Impl>(std::move(look_up), std::move(now), threads)) {
  const std::scoped_lock lock(impl_->mutex);
  for (int i = 0; i < threads; ++i) {
    for (const Lane lane : {endpoints, others}) Impl::start(impl_, lane);
  }
}

Resolver::~Resolver() {
  std::unique_lock lock(impl_->mutex);
  impl_->stopping = true;
  for (LookupQueue& queue : impl_->queues) queue.clear();
  Resolution aborted;
  aborted.error = asio::error::operation_aborted;
  while (!impl_->pending.empty()) {
    const std::string host = impl_->pending.begin()->first;
    impl_->answer_all(host, aborted);
  }
  impl_->changed.notify_all();
  // The idle threads leave at once; those in the system's hands keep what they need alive.
  impl_->changed.wait(lock, [this] { return impl_->threads <= impl_->busy; });
}

asio::awaitable<Resolution> Resolver::resolve(std::string host,
                                              std::chrono::steady_clock::time_point deadline) {
  auto literal = parse_literal(host);
  if (literal) co_return *std::move(literal);

  const std::shared_ptr<Impl> impl = impl_;  // outlives the resolver
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto old = impl->find_old(host);
  const auto now = SteadyClock::now();
  const auto patience = (deadline - now) / (old ? 2 : 1);
  const auto waiter = std::make_shared<Waiter>(executor, now + patience);
  const Membership membership([impl, host, waiter] { impl->leave(host, waiter); });
  auto cached = impl->find_or_join(host, waiter);
  if (cached) co_return *std::move(cached);

  const auto [waited] = co_await waiter->timer.async_wait(kAwait);
  if (waiter->result) co_return *std::move(waiter->result);
  if (!waited && old) co_return *old;
  Resolution late;
  late.error = waited ? waited : error_code(asio::error::timed_out);
  co_return late;
}

}  // namespace ssmgate::net
