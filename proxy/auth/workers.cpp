#include "auth/workers.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

namespace ssmgate::auth {
namespace asio = boost::asio;
namespace {

// Named, so that no statement with co_await builds a temporary.
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

// One coroutine's wait. The timer is its deadline and, cancelled, its wake-up; it is touched on the
// coroutine's executor alone.
struct Waiter {
  Waiter(const asio::any_io_executor& executor, std::chrono::steady_clock::time_point deadline)
      : timer(executor, deadline) {}
  asio::steady_timer timer;
  TaskPtr done;
};
using WaiterPtr = std::shared_ptr<Waiter>;

void deliver(const WaiterPtr& waiter, const TaskPtr& done) {
  asio::post(waiter->timer.get_executor(), [waiter, done] {
    waiter->done = done;
    waiter->timer.cancel();
  });
}

struct Pending {
  TaskPtr task;
  std::string lane;
  std::vector<WaiterPtr> waiters;
  bool running = false;
};

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

// INVARIANT: `mutex` guards every member but `limits`.
struct Workers::Impl {
  explicit Impl(const Limits& bounds) : limits(bounds) {}

  const Limits limits;
  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  int threads = 0;
  int busy = 0;
  std::size_t waiting = 0;
  // INVARIANT: every id in a lane is pending and does not run; no lane is empty; `turns` holds
  // every lane once.
  std::map<std::string, std::deque<std::string>> lanes;
  std::list<std::string> turns;
  std::map<std::string, Pending> pending;

  static void start(const std::shared_ptr<Impl>& self);
  static void work(const std::shared_ptr<Impl>& self);
  [[nodiscard]] std::string take_next();
  [[nodiscard]] bool join(const std::string& id, const std::string& lane, const TaskPtr& task,
                          const WaiterPtr& waiter);
  void leave(const std::string& id, const WaiterPtr& waiter);
  void drop_from_lane(const std::string& id, const std::string& lane);
};

// The first of the lane whose turn it is.
std::string Workers::Impl::take_next() {
  const std::string lane = turns.front();
  turns.pop_front();
  const auto found = lanes.find(lane);
  std::string id = std::move(found->second.front());
  found->second.pop_front();
  if (found->second.empty()) {
    lanes.erase(found);
  } else {
    turns.push_back(lane);
  }
  --waiting;
  return id;
}

void Workers::Impl::work(const std::shared_ptr<Impl>& self) {
  std::unique_lock lock(self->mutex);
  for (;;) {
    self->changed.wait(lock, [&] { return self->stopping || !self->turns.empty(); });
    if (self->stopping) break;
    const std::string id = self->take_next();
    Pending& chosen = self->pending.at(id);
    chosen.running = true;
    const TaskPtr task = chosen.task;
    ++self->busy;
    lock.unlock();
    task->run();
    lock.lock();
    --self->busy;
    if (self->stopping) break;
    const auto finished = self->pending.extract(id);
    for (const WaiterPtr& waiter : finished.mapped().waiters) deliver(waiter, task);
  }
  --self->threads;
  self->changed.notify_all();
}

// With the mutex held.
void Workers::Impl::start(const std::shared_ptr<Impl>& self) {
  if (self->threads != 0) return;
  // Signals are for the program's own threads.
  sigset_t every;
  sigset_t before;
  sigfillset(&every);
  pthread_sigmask(SIG_SETMASK, &every, &before);
  for (int i = 0; i < self->limits.threads; ++i) {
    std::thread([self] { work(self); }).detach();
    ++self->threads;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

bool Workers::Impl::join(const std::string& id, const std::string& lane, const TaskPtr& task,
                         const WaiterPtr& waiter) {
  if (const auto under_way = pending.find(id); under_way != pending.end()) {
    under_way->second.waiters.push_back(waiter);
    return true;
  }
  const auto found = lanes.find(lane);
  const std::size_t before = found == lanes.end() ? 0 : found->second.size();
  if (stopping || before >= limits.lane || waiting >= limits.whole) return false;
  Pending entry;
  entry.task = task;
  entry.lane = lane;
  entry.waiters.push_back(waiter);
  pending.emplace(id, std::move(entry));
  lanes[lane].push_back(id);
  if (before == 0) turns.push_back(lane);
  ++waiting;
  changed.notify_all();
  return true;
}

// What nobody waits for any more is not begun.
void Workers::Impl::leave(const std::string& id, const WaiterPtr& waiter) {
  const std::scoped_lock lock(mutex);
  const auto found = pending.find(id);
  if (found == pending.end()) return;
  Pending& entry = found->second;
  if (std::erase(entry.waiters, waiter) == 0) return;
  if (!entry.waiters.empty() || entry.running) return;
  drop_from_lane(id, entry.lane);
  pending.erase(found);
}

void Workers::Impl::drop_from_lane(const std::string& id, const std::string& lane) {
  const auto queue = lanes.find(lane);
  if (queue == lanes.end()) return;
  waiting -= std::erase(queue->second, id);
  if (!queue->second.empty()) return;
  lanes.erase(queue);
  turns.remove(lane);
}

Workers::Workers(const Limits& limits) : impl_(std::make_shared<Impl>(limits)) {}

Workers::~Workers() {
  std::unique_lock lock(impl_->mutex);
  impl_->stopping = true;
  for (const auto& [id, entry] : impl_->pending) {
    for (const WaiterPtr& waiter : entry.waiters) deliver(waiter, nullptr);
  }
  impl_->pending.clear();
  impl_->lanes.clear();
  impl_->turns.clear();
  impl_->changed.notify_all();
  // The idle threads leave at once; those at work keep what they need alive.
  impl_->changed.wait(lock, [this] { return impl_->threads <= impl_->busy; });
}

asio::awaitable<TaskPtr> Workers::run(std::string id, std::string lane, TaskPtr task,
                                      std::chrono::steady_clock::time_point deadline) {
  const std::shared_ptr<Impl> impl = impl_;  // outlives the workers
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto waiter = std::make_shared<Waiter>(executor, deadline);
  const Membership membership([impl, id, waiter] { impl->leave(id, waiter); });
  {
    const std::scoped_lock lock(impl->mutex);
    if (!impl->join(id, lane, task, waiter)) co_return nullptr;
    Impl::start(impl);
  }
  // Cancelled: delivered. Elapsed: too late.
  co_await waiter->timer.async_wait(kAwait);
  co_return waiter->done;
}

}  // namespace ssmgate::auth
