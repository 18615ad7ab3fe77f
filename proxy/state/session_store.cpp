// The writer's thread: whatever has come meanwhile goes down in one transaction.
#include "state/session_store.hpp"

#include <atomic>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include <spdlog/spdlog.h>
#include <boost/asio/this_coro.hpp>

#include "state/doorbell.hpp"
#include "state/reply.hpp"
#include "state/session_database.hpp"
#include "state/turn_end.hpp"

namespace ssmgate::state {
namespace asio = boost::asio;
namespace {

struct Waiter {
  explicit Waiter(const asio::any_io_executor& executor) : reply(executor) {}
  Reply reply;
  std::atomic<bool> written = false;
};
using WaiterPtr = std::shared_ptr<Waiter>;

// Also when the coroutine is destroyed while it waits.
class EndOfWait {
 public:
  explicit EndOfWait(Reply& reply) : reply_(reply) {}
  ~EndOfWait() { reply_.end(); }
  EndOfWait(const EndOfWait&) = delete;
  EndOfWait& operator=(const EndOfWait&) = delete;

 private:
  Reply& reply_;
};

class DatabaseStore final : public SessionStore {
 public:
  DatabaseStore(std::unique_ptr<SessionDatabase> database, std::vector<StoredSession> found,
                std::chrono::milliseconds patience)
      : database_(std::move(database)),
        found_(std::move(found)),
        patience_(patience),
        thread_([this] { run(); }) {}
  ~DatabaseStore() override { close(); }

  std::vector<StoredSession> load() override { return std::exchange(found_, {}); }

  asio::awaitable<bool> write(StoredSession session) override {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto waiter = std::make_shared<Waiter>(executor);
    const EndOfWait guard(waiter->reply);
    if (!enqueue(std::move(session), waiter)) co_return false;
    TurnEnd::ring(executor, bell_);
    const bool told = co_await waiter->reply.wait(patience_);
    const bool written = told && waiter->written;
    say_whether_in_time(told, written);
    co_return written;
  }

  void put(StoredSession session) override {
    if (enqueue(std::move(session), nullptr)) bell_->ring();
  }

  void erase(const std::string& id) override {
    {
      const std::lock_guard lock(mutex_);
      waiting_[id] = id;
    }
    bell_->ring();
  }

  void close() override {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    bell_->ring();
    if (thread_.joinable()) thread_.join();
  }

 private:
  using Change = SessionDatabase::Change;

  // False: it is closed. The bell is yet to be rung.
  bool enqueue(StoredSession session, WaiterPtr waiter) {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    std::string id = session.id;
    waiting_[std::move(id)] = std::move(session);
    if (waiter) waiters_.push_back(std::move(waiter));
    return true;
  }

  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      while (!closed_ && waiting_.empty()) wait(lock, Doorbell::Clock::time_point::max());
      if (waiting_.empty()) return;
      auto batch = std::exchange(waiting_, {});
      const auto waiters = std::exchange(waiters_, {});
      lock.unlock();
      const bool written = write_down(batch);
      for (const WaiterPtr& waiter : waiters) {
        waiter->written = written;
        waiter->reply.tell(waiter);
      }
      // One that is overdue may make room for what could not be written.
      if ((written || growing_) && database_->log_pages() >= kCheckpoint) checkpoint();
      lock.lock();
      if (!written && !closed_) keep_for_later(std::move(batch), lock);
      if (!written && closed_) return;
    }
  }

  void say_whether_in_time(bool told, bool written) {
    if (!told && !slow_.exchange(true)) {
      spdlog::error(
          "the session store has not been written for {} s: is its disk busy? No session is opened "
          "meanwhile",
          std::chrono::duration<double>(patience_).count());
    }
    if (written && slow_.exchange(false)) spdlog::info("the session store is in time again");
  }

  void wait(std::unique_lock<std::mutex>& lock, Doorbell::Clock::time_point until) {
    lock.unlock();
    bell_->sleep_until(until);
    lock.lock();
  }

  bool write_down(const std::unordered_map<std::string, Change>& batch) {
    std::vector<Change> changes;
    changes.reserve(batch.size());
    for (const auto& [id, change] : batch) changes.push_back(change);
    const auto fault = database_->apply(changes, std::chrono::system_clock::now());
    if (fault.has_value() != failing_) {
      failing_ = fault.has_value();
      if (fault) spdlog::error("{}; no session is opened until it can be written", fault->text);
      if (!fault) spdlog::info("the session store is written again");
    }
    return !fault;
  }

  // Those whose session has been written are on their way by now; who comes meanwhile waits.
  void checkpoint() {
    const auto fault = database_->checkpoint();
    if (fault && !growing_) spdlog::error("{}; its log grows until it can be", fault->text);
    growing_ = fault.has_value();
  }

  // What nobody waits for is tried again after a pause, unless something newer has come.
  void keep_for_later(std::unordered_map<std::string, Change> batch,
                      std::unique_lock<std::mutex>& lock) {
    const auto until = Doorbell::Clock::now() + kRetry;
    while (!closed_ && waiters_.empty() && Doorbell::Clock::now() < until) wait(lock, until);
    waiting_.merge(batch);
  }

  static constexpr std::chrono::milliseconds kRetry{500};
  static constexpr int kCheckpoint = 2000;  // pages of the log: 8 MB

  const std::unique_ptr<SessionDatabase> database_;
  std::vector<StoredSession> found_;
  const std::chrono::milliseconds patience_;
  bool failing_ = false;  // the thread's alone, as is what follows
  bool growing_ = false;

  // INVARIANT: rung after the mutex was let go of, or who wakes stands before it.
  const std::shared_ptr<Doorbell> bell_ = std::make_shared<Doorbell>();
  std::atomic<bool> slow_ = false;
  std::mutex mutex_;
  bool closed_ = false;
  std::unordered_map<std::string, Change> waiting_;  // by id: bounded by the sessions there are
  std::vector<WaiterPtr> waiters_;
  std::thread thread_;
};

class NoStore final : public SessionStore {
 public:
  std::vector<StoredSession> load() override { return {}; }
  asio::awaitable<bool> write(StoredSession) override { co_return true; }
  void put(StoredSession) override {}
  void erase(const std::string&) override {}
  void close() override {}
};

}  // namespace

std::variant<StoreFault, std::unique_ptr<SessionStore>> SessionStore::open(
    const std::filesystem::path& file, std::chrono::milliseconds patience) {
  auto opened = SessionDatabase::open(file);
  if (auto* fault = std::get_if<StoreFault>(&opened)) return std::move(*fault);
  auto& database = std::get<std::unique_ptr<SessionDatabase>>(opened);
  auto loaded = database->load();
  if (auto* fault = std::get_if<StoreFault>(&loaded)) return std::move(*fault);
  auto found = std::get<std::vector<StoredSession>>(std::move(loaded));
  return std::make_unique<DatabaseStore>(std::move(database), std::move(found), patience);
}

std::unique_ptr<SessionStore> SessionStore::none() {
  return std::make_unique<NoStore>();
}

}  // namespace ssmgate::state
