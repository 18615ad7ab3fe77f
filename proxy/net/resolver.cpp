// The resolver's coroutine side, its cache, and its threads.
#include "net/resolver.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <csignal>

#include "net/system_lookup.hpp"
#include "net/tokens.hpp"
#include "ssmgate/names/endpoint.hpp"

namespace ssmgate::net {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds kKeepAnswer{30};
constexpr std::chrono::seconds kKeepFailure{2};
constexpr std::chrono::minutes kKeepOld{10};
constexpr std::size_t kNamesKept = 4096;

using Names = std::list<std::string>;

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

struct CacheEntry {
  Resolution answer;
  SteadyClock::time_point expiry;
  SteadyClock::time_point end;  // until then it may stand in for a fresh answer
  Names::iterator place;
};

// A name that is looked up, and who waits for it: possibly nobody.
struct Pending {
  std::vector<WaiterPtr> waiters;
  std::optional<Names::iterator> queued;  // absent: a thread is at it
};

// That a name does not exist is an answer; anything else says that there was none.
bool is_answer(const Resolution& found) {
  return !found.error || found.error == asio::error::host_not_found;
}

enum Lane : std::size_t { endpoints, others, kLanes };

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

// INVARIANT: `mutex` guards every member but `look_up` and `now`.
struct Resolver::Impl {
  Impl(LookUp function, Now clock) : look_up(std::move(function)), now(std::move(clock)) {}

  const LookUp look_up;
  const Now now;
  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  int threads = 0;
  int busy = 0;
  std::array<Names, kLanes> queues;
  // INVARIANT: every name that is queued has somebody who waits for it.
  std::map<std::string, Pending> pending;
  std::map<std::string, CacheEntry> cache;
  Names order;  // the cache's names, the oldest answer first

  static void work(const std::shared_ptr<Impl>& self, Lane lane);
  // Keeps `found`, and returns what to answer: an old answer where `found` is none.
  Resolution store(const std::string& host, Resolution found);
  void answer_all(const std::string& host, const Resolution& answer);
  [[nodiscard]] std::optional<Resolution> find(const std::string& host);
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

Resolution Resolver::Impl::store(const std::string& host, Resolution found) {
  auto end = now() + (found.error ? kKeepFailure : std::chrono::seconds(kKeepOld));
  const auto expiry = now() + (found.error ? kKeepFailure : kKeepAnswer);
  if (const auto old = cache.find(host); old != cache.end()) {
    if (!is_answer(found) && !old->second.answer.error && now() < old->second.end) {
      found = old->second.answer;
      end = old->second.end;
    }
    order.erase(old->second.place);
    cache.erase(old);
  }
  if (cache.size() >= kNamesKept) {
    cache.erase(order.front());
    order.pop_front();
  }
  order.push_back(host);
  cache.emplace(host, CacheEntry{found, expiry, end, std::prev(order.end())});
  return found;
}

void Resolver::Impl::answer_all(const std::string& host, const Resolution& answer) {
  const auto waiting = pending.extract(host);
  if (waiting.empty()) return;
  for (const WaiterPtr& waiter : waiting.mapped().waiters) deliver(waiter, answer);
}

std::optional<Resolution> Resolver::Impl::find(const std::string& host) {
  const auto entry = cache.find(host);
  if (entry == cache.end() || now() >= entry->second.expiry) return std::nullopt;
  return entry->second.answer;
}

std::optional<Resolution> Resolver::Impl::find_old(const std::string& host) {
  const std::scoped_lock lock(mutex);
  const auto entry = cache.find(host);
  if (entry == cache.end() || entry->second.answer.error || now() >= entry->second.end) {
    return std::nullopt;
  }
  return entry->second.answer;
}

std::optional<Resolution> Resolver::Impl::find_or_join(const std::string& host,
                                                       const WaiterPtr& waiter) {
  const std::scoped_lock lock(mutex);
  if (auto cached = find(host)) return cached;
  const auto [under_way, is_new] = pending.try_emplace(host);
  under_way->second.waiters.push_back(waiter);
  if (!is_new) return std::nullopt;
  Names& queue = queues[lane_of(host)];
  under_way->second.queued = queue.insert(queue.end(), host);
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
  queues[lane_of(host)].erase(*entry.queued);
  pending.erase(under_way);
}

void Resolver::Impl::work(const std::shared_ptr<Impl>& self, Lane lane) {
  std::unique_lock lock(self->mutex);
  Names& queue = self->queues[lane];
  for (;;) {
    self->changed.wait(lock, [&] { return self->stopping || !queue.empty(); });
    if (self->stopping) break;
    const std::string host = std::move(queue.front());
    queue.pop_front();
    self->pending.at(host).queued.reset();
    ++self->busy;
    lock.unlock();
    Resolution found = self->look_up(host);
    lock.lock();
    --self->busy;
    if (self->stopping) break;
    self->answer_all(host, self->store(host, std::move(found)));
  }
  --self->threads;
  self->changed.notify_all();
}

Resolver::Resolver(int threads) : Resolver(threads, &look_up_by_system, &SteadyClock::now) {}

Resolver::Resolver(int threads, LookUp look_up, Now now)
    : impl_(std::make_shared<Impl>(std::move(look_up), std::move(now))) {
  // Signals are for the program's own threads.
  sigset_t every;
  sigset_t before;
  sigfillset(&every);
  pthread_sigmask(SIG_SETMASK, &every, &before);
  for (int i = 0; i < threads; ++i) {
    for (const Lane lane : {endpoints, others}) {
      std::thread([impl = impl_, lane] { Impl::work(impl, lane); }).detach();
      const std::scoped_lock lock(impl_->mutex);
      ++impl_->threads;
    }
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Resolver::~Resolver() {
  std::unique_lock lock(impl_->mutex);
  impl_->stopping = true;
  for (Names& queue : impl_->queues) queue.clear();
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
