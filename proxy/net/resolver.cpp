// The resolver's coroutine side, its cache, and its threads.
#include "net/resolver.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
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

namespace ssmgate::net {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds kKeepAnswer{30};
constexpr std::chrono::seconds kKeepFailure{2};
constexpr std::size_t kNamesKept = 4096;

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
  std::list<std::string>::iterator place;
};

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
  std::deque<std::string> queue;
  // Every name that is queued or being looked up, with those who wait for it: possibly nobody.
  std::map<std::string, std::vector<WaiterPtr>> pending;
  std::map<std::string, CacheEntry> cache;
  std::list<std::string> order;  // the cache's names, the oldest answer first

  static void work(const std::shared_ptr<Impl>& self);
  void store(const std::string& host, const Resolution& answer);
  void answer_all(const std::string& host, const Resolution& answer);
  [[nodiscard]] std::optional<Resolution> find(const std::string& host);
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
  Membership(std::function<void()> leave) : leave_(std::move(leave)) {}
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;
  ~Membership() { leave_(); }

 private:
  std::function<void()> leave_;
};

}  // namespace

void Resolver::Impl::store(const std::string& host, const Resolution& answer) {
  if (const auto old = cache.find(host); old != cache.end()) {
    order.erase(old->second.place);
    cache.erase(old);
  }
  if (cache.size() >= kNamesKept) {
    cache.erase(order.front());
    order.pop_front();
  }
  const auto kept = answer.error ? kKeepFailure : kKeepAnswer;
  order.push_back(host);
  cache.emplace(host, CacheEntry{answer, now() + kept, std::prev(order.end())});
}

void Resolver::Impl::answer_all(const std::string& host, const Resolution& answer) {
  const auto waiting = pending.extract(host);
  if (waiting.empty()) return;
  for (const WaiterPtr& waiter : waiting.mapped()) deliver(waiter, answer);
}

std::optional<Resolution> Resolver::Impl::find(const std::string& host) {
  const auto entry = cache.find(host);
  if (entry == cache.end() || now() >= entry->second.expiry) return std::nullopt;
  return entry->second.answer;
}

std::optional<Resolution> Resolver::Impl::find_or_join(const std::string& host,
                                                       const WaiterPtr& waiter) {
  const std::scoped_lock lock(mutex);
  if (auto cached = find(host)) return cached;
  if (const auto under_way = pending.find(host); under_way != pending.end()) {
    under_way->second.push_back(waiter);
    return std::nullopt;
  }
  pending[host].push_back(waiter);
  queue.push_back(host);
  changed.notify_one();
  return std::nullopt;
}

void Resolver::Impl::leave(const std::string& host, const WaiterPtr& waiter) {
  const std::scoped_lock lock(mutex);
  const auto under_way = pending.find(host);
  if (under_way != pending.end()) std::erase(under_way->second, waiter);
}

void Resolver::Impl::work(const std::shared_ptr<Impl>& self) {
  std::unique_lock lock(self->mutex);
  for (;;) {
    self->changed.wait(lock, [&self] { return self->stopping || !self->queue.empty(); });
    if (self->stopping) break;
    const std::string host = std::move(self->queue.front());
    self->queue.pop_front();
    ++self->busy;
    lock.unlock();
    const Resolution answer = self->look_up(host);
    lock.lock();
    --self->busy;
    self->store(host, answer);
    self->answer_all(host, answer);
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
    std::thread([impl = impl_] { Impl::work(impl); }).detach();
    const std::scoped_lock lock(impl_->mutex);
    ++impl_->threads;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Resolver::~Resolver() {
  std::unique_lock lock(impl_->mutex);
  impl_->stopping = true;
  impl_->queue.clear();
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
  const auto waiter = std::make_shared<Waiter>(executor, deadline);
  const Membership membership([impl, host, waiter] { impl->leave(host, waiter); });
  auto cached = impl->find_or_join(host, waiter);
  if (cached) co_return *std::move(cached);

  const auto [waited] = co_await waiter->timer.async_wait(kAwait);
  if (waiter->result) co_return *std::move(waiter->result);
  Resolution late;
  late.error = waited ? waited : error_code(asio::error::timed_out);
  co_return late;
}

}  // namespace ssmgate::net
