// The writer's thread: whatever has come meanwhile goes down in one transaction.
#include "state/session_store.hpp"

#include <sys/statvfs.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include <spdlog/spdlog.h>
#include <boost/asio/this_coro.hpp>

#include "state/audit_record.hpp"
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
  bool served = false;  // with the store's mutex
};
using WaiterPtr = std::shared_ptr<Waiter>;

// LIMIT: a disk on which there is less is tried; most sessions take a few pages of it.
constexpr std::uint64_t kLittleRoom = std::uint64_t{64} << 10U;

// Bytes that are free for others than root; plenty where the file system does not tell.
std::uint64_t room_in(const std::filesystem::path& folder) {
  struct statvfs room {};
  if (::statvfs(folder.c_str(), &room) != 0 || room.f_blocks == 0) return UINT64_MAX;
  return room.f_bavail * room.f_frsize;
}

// What is written to see whether anything can be: erasing what is not there, as of a session that
// could not be stored, writes nothing. No session is called so, and the next prune takes one that a
// gateway which was killed has left.
StoredSession make_probe(std::chrono::system_clock::time_point now) {
  constexpr std::size_t kSize = 4096;
  return {"", now + std::chrono::minutes(1), std::string(kSize, ' ')};
}

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
  DatabaseStore(const std::filesystem::path& file, std::unique_ptr<SessionDatabase> database,
                std::vector<StoredSession> found, std::chrono::milliseconds patience)
      : file_(file),
        database_(std::move(database)),
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
    if (!told) note_late(*waiter);
    co_return told && waiter->written;
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

  std::string trouble() const override {
    const std::lock_guard lock(mutex_);
    return trouble_.empty() ? "" : trouble_ + "; since " + render_time(since_);
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
      while (!closed_ && waiting_.empty() && trouble_.empty() && !doubtful_) wait_for_work(lock);
      if (closed_ && waiting_.empty()) return;
      auto batch = std::exchange(waiting_, {});
      const auto waiters = std::exchange(waiters_, {});
      const bool probe = !trouble_.empty() || std::exchange(doubtful_, false);
      lock.unlock();
      const auto begun = Doorbell::Clock::now();
      const auto fault = write_down(batch, probe);
      const bool written = !fault;
      // Before those who wait know: whoever asks next is refused unasked.
      lock.lock();
      if (fault) note_fault(fault->text);
      lock.unlock();
      for (const WaiterPtr& waiter : waiters) {
        waiter->written = written;
        waiter->reply.tell(waiter);
      }
      // What has been brought into the database makes room in its log: for what could not be
      // written, and for the next probe in the place of the last.
      const bool due = (written || growing_) && database_->log_pages() >= kCheckpoint;
      if (due || probe || !written) checkpoint();
      if (probe) tried_with_ = room_in(file_.parent_path());
      lock.lock();
      for (const WaiterPtr& waiter : waiters) waiter->served = true;
      if (written && Doorbell::Clock::now() - begun < patience_) note_working();
      if (!written && !closed_) keep_for_later(std::move(batch), lock);
      if (!written && closed_) return;
    }
  }

  // With the mutex held, as are the next ones.
  void set_trouble(const std::string& trouble) {
    if (trouble_.empty()) since_ = std::chrono::system_clock::now();
    trouble_ = trouble;
  }

  void note_fault(const std::string& fault) {
    if (!std::exchange(failing_, true)) {
      spdlog::error("{}; no session is opened until it can be written", fault);
    }
    set_trouble(fault);
  }

  void note_working() {
    if (std::exchange(failing_, false)) spdlog::info("the session store is written again");
    if (std::exchange(slow_, false)) spdlog::info("the session store is in time again");
    trouble_.clear();
  }

  void note_late(const Waiter& waiter) {
    const std::lock_guard lock(mutex_);
    if (waiter.served || std::exchange(slow_, true)) return;
    const double seconds = std::chrono::duration<double>(patience_).count();
    spdlog::error(
        "the session store has not been written for {} s: is its disk busy? No session is opened "
        "meanwhile",
        seconds);
    if (!failing_) {
      set_trouble(fmt::format("`{}` has not been written for {} s: is its disk busy?",
                              file_.string(), seconds));
    }
  }

  void wait(std::unique_lock<std::mutex>& lock, Doorbell::Clock::time_point until) {
    lock.unlock();
    bell_->sleep_until(until);
    lock.lock();
  }

  // A disk that has filled up is known before somebody's session meets it.
  void wait_for_work(std::unique_lock<std::mutex>& lock) {
    lock.unlock();
    const auto until = Doorbell::Clock::now() + kLook;
    bell_->sleep_until(until);
    if (Doorbell::Clock::now() >= until) {
      const std::uint64_t room = room_in(file_.parent_path());
      doubtful_ = room < kLittleRoom && room != tried_with_;
    }
    lock.lock();
  }

  // `probe`: not only what there is, which may be nothing.
  std::optional<StoreFault> write_down(const std::unordered_map<std::string, Change>& batch,
                                       bool probe) {
    const auto now = std::chrono::system_clock::now();
    std::vector<Change> changes;
    changes.reserve(batch.size() + 1);
    for (const auto& [id, change] : batch) changes.push_back(change);
    if (!probe) return database_->apply(changes, now);
    const StoredSession written = make_probe(now);
    changes.emplace_back(written);
    if (auto fault = database_->apply(changes, now)) return fault;
    return database_->apply({Change(written.id)}, now);
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
  static constexpr std::chrono::seconds kLook{5};
  static constexpr int kCheckpoint = 2000;  // pages of the log: 8 MB

  const std::filesystem::path file_;
  const std::unique_ptr<SessionDatabase> database_;
  std::vector<StoredSession> found_;
  const std::chrono::milliseconds patience_;
  bool growing_ = false;   // the thread's alone, as is what follows
  bool doubtful_ = false;  // there is hardly any room
  // What was free after the last probe, which takes some itself: the same again is not tried again.
  std::uint64_t tried_with_ = UINT64_MAX;

  // INVARIANT: rung after the mutex was let go of, or who wakes stands before it.
  const std::shared_ptr<Doorbell> bell_ = std::make_shared<Doorbell>();
  mutable std::mutex mutex_;
  bool closed_ = false;
  bool failing_ = false;
  bool slow_ = false;
  std::string trouble_;  // of either
  std::chrono::system_clock::time_point since_;
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
  std::string trouble() const override { return {}; }
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
  std::erase_if(found, [](const StoredSession& session) { return session.id.empty(); });
  return std::make_unique<DatabaseStore>(file, std::move(database), std::move(found), patience);
}

std::unique_ptr<SessionStore> SessionStore::none() {
  return std::make_unique<NoStore>();
}

}  // namespace ssmgate::state
