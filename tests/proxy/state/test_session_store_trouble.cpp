// The store of sessions on a disk that takes nothing: what is told, and that it passes by itself.
#include <doctest/doctest.h>

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "operator_log.hpp"
#include "sqlite_write.hpp"
#include "state/session_store.hpp"

using namespace ssmgate::state;
namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

// What every write of SQLite's meets.
class Disk {
 public:
  enum class Mood { good, full, stuck };
  Disk() {
    set(Mood::good);
    replace_sqlite_write(&write);
  }
  ~Disk() {
    set(Mood::good);
    replace_sqlite_write(nullptr);
  }
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  static void set(Mood mood) {
    mood_ = mood;
    mood_.notify_all();
  }
  // Writes that were refused.
  static int refused() { return refused_; }

 private:
  static ssize_t write(int descriptor, const void* bytes, std::size_t size, off_t offset) {
    mood_.wait(Mood::stuck);
    if (mood_ == Mood::good) return ::pwrite(descriptor, bytes, size, offset);
    ++refused_;
    errno = ENOSPC;
    return -1;
  }

  inline static std::atomic<Mood> mood_ = Mood::good;
  inline static std::atomic<int> refused_ = 0;
};

template <typename Condition>
void wait_until(const char* what, Condition is_so) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!is_so()) {
    REQUIRE_MESSAGE(std::chrono::steady_clock::now() < end, "waited a minute for " << what);
    std::this_thread::yield();
  }
}

class Fixture {
 public:
  explicit Fixture(std::chrono::milliseconds patience = kStoreDeadline) {
    std::string name = (fs::temp_directory_path() / "ssmgate-store-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    auto opened = SessionStore::open(folder_ / "sessions.db", patience);
    REQUIRE(std::holds_alternative<std::unique_ptr<SessionStore>>(opened));
    store = std::get<std::unique_ptr<SessionStore>>(std::move(opened));
  }
  ~Fixture() {
    store.reset();
    fs::remove_all(folder_);
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  bool write(const std::string& id) {
    asio::io_context context;
    std::optional<bool> written;
    asio::co_spawn(context, write_one(*store, later(id), written), asio::detached);
    while (!written && context.run_one() > 0) {
    }
    return written.value_or(false);
  }
  void put(const std::string& id) { store->put(later(id)); }
  void wait_until_in_trouble() const {
    wait_until("trouble", [this] { return !store->trouble().empty(); });
  }
  // Without a call: it is the store that tries again.
  void wait_until_fine() const {
    wait_until("its end", [this] { return store->trouble().empty(); });
  }
  std::vector<StoredSession> reopen() {
    store->close();
    store.reset();
    auto opened = SessionStore::open(folder_ / "sessions.db");
    store = std::get<std::unique_ptr<SessionStore>>(std::move(opened));
    return store->load();
  }

  std::unique_ptr<SessionStore> store;

 private:
  static StoredSession later(const std::string& id) {
    return {id, std::chrono::system_clock::now() + std::chrono::hours(1), "x"};
  }
  static asio::awaitable<void> write_one(SessionStore& store, StoredSession session,
                                         std::optional<bool>& written) {
    written = co_await store.write(std::move(session));
  }

  fs::path folder_;
};

// So often the store has tried in vain from here on.
void wait_for_tries(int tries) {
  const int wanted = Disk::refused() + tries;
  wait_until("tries", [wanted] { return Disk::refused() >= wanted; });
}

}  // namespace

TEST_CASE("a store that cannot be written says why and since when until it can") {
  const OperatorLog operator_log;
  const Disk disk;
  Fixture fixture;
  CHECK(fixture.write("a"));
  CHECK(fixture.store->trouble().empty());
  Disk::set(Disk::Mood::full);
  CHECK_FALSE(fixture.write("b"));
  const std::string trouble = fixture.store->trouble();
  CHECK(trouble.find("cannot write the session store `") == 0);
  CHECK(trouble.find("; since 20") != std::string::npos);
  // Who could not be stored is forgotten: to erase what is not there is no sign that all is well.
  fixture.store->erase("b");
  wait_for_tries(2);
  CHECK(fixture.store->trouble() == trouble);
  Disk::set(Disk::Mood::good);
  fixture.wait_until_fine();
  CHECK(fixture.write("c"));
  CHECK(operator_log.count("no session is opened until it can be written") == 1);
  CHECK(operator_log.count("the session store is written again") == 1);
  // Of the tries nothing is left.
  CHECK(fixture.reopen().size() == 2);
}

TEST_CASE("what could not be written is written once it can be and a close does not wait for it") {
  const OperatorLog operator_log;
  const Disk disk;
  Fixture fixture;
  Disk::set(Disk::Mood::full);
  fixture.put("a");
  fixture.wait_until_in_trouble();
  Disk::set(Disk::Mood::good);
  fixture.wait_until_fine();
  Disk::set(Disk::Mood::full);
  fixture.put("b");
  fixture.store->close();
  Disk::set(Disk::Mood::good);
  CHECK(fixture.reopen().size() == 1);
}

TEST_CASE("a store that hangs says so until it is in time again") {
  const OperatorLog operator_log;
  const Disk disk;
  Fixture fixture(std::chrono::milliseconds(200));
  Disk::set(Disk::Mood::stuck);
  CHECK_FALSE(fixture.write("a"));
  CHECK(fixture.store->trouble().find("has not been written for 0.2 s") != std::string::npos);
  Disk::set(Disk::Mood::good);
  fixture.wait_until_fine();
  CHECK(fixture.write("b"));
  CHECK(operator_log.count("the session store is in time again") == 1);
}
