// The store of sessions: what is down stays down, and what is no store of ours is left alone.
#include <doctest/doctest.h>

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "operator_log.hpp"
#include "sqlite_write.hpp"
#include "state/session_database.hpp"
#include "state/session_look.hpp"
#include "state/session_store.hpp"

using namespace ssmgate::state;
namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::system_clock;

struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "ssmgate-store-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] fs::path file() const { return path / "sessions.db"; }
  fs::path path;
};

std::unique_ptr<SessionStore> open(const fs::path& file,
                                   std::chrono::milliseconds patience = kStoreDeadline) {
  auto opened = SessionStore::open(file, patience);
  if (auto* fault = std::get_if<StoreFault>(&opened)) throw std::runtime_error(fault->text);
  return std::get<std::unique_ptr<SessionStore>>(std::move(opened));
}

std::string fault_of(const fs::path& file) {
  auto opened = SessionStore::open(file);
  const auto* fault = std::get_if<StoreFault>(&opened);
  return fault == nullptr ? "" : fault->text;
}

std::map<std::string, std::string> found(SessionStore& store) {
  std::map<std::string, std::string> all;
  for (const StoredSession& session : store.load()) all[session.id] = session.text;
  return all;
}

StoredSession later(const std::string& id, const std::string& text) {
  return {id, Clock::now() + std::chrono::hours(1), text};
}

asio::awaitable<void> write_one(SessionStore& store, StoredSession session,
                                std::optional<bool>& written) {
  written = co_await store.write(std::move(session));
}

bool write(SessionStore& store, StoredSession session) {
  asio::io_context context;
  std::optional<bool> written;
  asio::co_spawn(context, write_one(store, std::move(session), written), asio::detached);
  while (!written && context.run_one() > 0) {
  }
  return written.value_or(false);
}

void run_sql(const fs::path& file, const char* sql) {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &handle) == SQLITE_OK);
  CHECK(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(handle);
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
}

// How often the database `file` itself, and not its log, is written to: by a checkpoint.
class WatchedDisk {
 public:
  explicit WatchedDisk(const fs::path& file) {
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    number_ = status.st_ino;
    writes_ = 0;
    stuck_ = false;
    replace_sqlite_write(&note);
  }
  ~WatchedDisk() {
    set_stuck(false);
    replace_sqlite_write(nullptr);
  }
  WatchedDisk(const WatchedDisk&) = delete;
  WatchedDisk& operator=(const WatchedDisk&) = delete;

  static int writes() { return writes_; }
  // Writes that begin from now on do not end, until they may.
  static void set_stuck(bool stuck) {
    stuck_ = stuck;
    stuck_.notify_all();
  }

 private:
  static ssize_t note(int descriptor, const void* bytes, std::size_t size, off_t offset) {
    struct stat status {};
    if (::fstat(descriptor, &status) == 0 && status.st_ino == number_) {
      ++writes_;
      stuck_.wait(true);
    }
    return ::pwrite(descriptor, bytes, size, offset);
  }

  inline static ino_t number_ = 0;
  inline static std::atomic<int> writes_ = 0;
  inline static std::atomic<bool> stuck_ = false;
};

}  // namespace

TEST_CASE("what was put is there again") {
  const Folder folder;
  {
    const auto store = open(folder.file());
    CHECK(store->load().empty());
    CHECK(write(*store, later("a", "one")));
    store->put(later("b", "two"));
    store->put(later("b", "three"));
    store->put(later("c", "four"));
    store->erase("c");
  }
  const auto store = open(folder.file());
  CHECK(found(*store) == std::map<std::string, std::string>{{"a", "one"}, {"b", "three"}});
  CHECK(store->load().empty());
  CHECK((fs::status(folder.file()).permissions() & fs::perms(077)) == fs::perms::none);
}

TEST_CASE("what is applied stands in the log until somebody asks for a checkpoint") {
  const Folder folder;
  auto opened = SessionDatabase::open(folder.file());
  REQUIRE(std::holds_alternative<std::unique_ptr<SessionDatabase>>(opened));
  SessionDatabase& database = *std::get<std::unique_ptr<SessionDatabase>>(opened);
  std::vector<SessionDatabase::Change> changes;
  for (int i = 0; i < 3000; ++i) {
    changes.emplace_back(later(std::to_string(i), std::string(3000, 'x')));
  }
  const WatchedDisk disk(folder.file());
  CHECK_FALSE(database.apply(changes, Clock::now()));
  CHECK(database.log_pages() > 3000);
  CHECK(WatchedDisk::writes() == 0);
  CHECK_FALSE(database.checkpoint());
  CHECK(WatchedDisk::writes() > 3000);
  CHECK_FALSE(database.apply({later("one more", "x")}, Clock::now()));
  CHECK(database.log_pages() < 10);
}

TEST_CASE("who waits for a write is told before the checkpoint and who comes meanwhile waits") {
  const OperatorLog operator_log;
  const Folder folder;
  std::map<std::string, std::string> told;
  {
    const auto store = open(folder.file(), std::chrono::seconds(2));
    const WatchedDisk disk(folder.file());
    WatchedDisk::set_stuck(true);
    int attempts = 0;
    const auto write_next = [&] {
      REQUIRE(++attempts < 1000);
      const std::string id = std::to_string(told.size());
      const std::string text(20'000, 'x');
      const bool written = write(*store, later(id, text));
      if (written) told.emplace(id, text);
      return written;
    };
    while (WatchedDisk::writes() == 0) (void)write_next();
    while (write_next()) {
    }
    CHECK(told.size() > 100);
    // As it would be found, were the machine to stop now.
    const fs::path copy = folder.path / "copy";
    fs::create_directory(copy);
    for (const char* name : {"sessions.db", "sessions.db-wal"}) {
      fs::copy_file(folder.path / name, copy / name);
    }
    CHECK(found(*open(copy / "sessions.db")) == told);
    WatchedDisk::set_stuck(false);
    while (!write_next()) {
    }
  }
  CHECK(operator_log.count("the session store has not been written for 2 s") >= 1);
  CHECK(operator_log.count("the session store is in time again") >= 1);
}

TEST_CASE("what nobody needs any more is pruned") {
  const Folder folder;
  {
    const auto store = open(folder.file());
    CHECK(write(*store, {"old", Clock::now() - std::chrono::seconds(1), "x"}));
    CHECK(write(*store, later("new", "y")));
  }
  const auto store = open(folder.file());
  CHECK(found(*store) == std::map<std::string, std::string>{{"new", "y"}});
}

TEST_CASE("a file that is rewritten for ever does not grow for ever") {
  const Folder folder;
  const auto store = open(folder.file());
  for (int i = 0; i < 20'000; ++i) {
    const std::string id = std::to_string(i % 100);
    if (i % 50 == 0) {
      CHECK(write(*store, later(id, std::string(1000, 'x'))));
    } else {
      store->put(later(id, std::string(1000, 'x')));
    }
  }
  store->close();
  std::uintmax_t size = 0;
  for (const auto& entry : fs::directory_iterator(folder.path)) size += entry.file_size();
  CHECK(size < 10'000'000);
}

TEST_CASE("a store is one gateway's alone") {
  const Folder folder;
  const auto store = open(folder.file());
  CHECK(fault_of(folder.file()).find("in use by another ssmgate") != std::string::npos);
}

TEST_CASE("a look at what a killed gateway has left finds all of it and leaves nothing beside it") {
  const Folder folder;
  const Folder left;
  const auto store = open(folder.file());
  REQUIRE(write(*store, later("a", "one")));
  CHECK(is_store_in_use(folder.file()));
  CHECK_FALSE(is_store_in_use(left.file()));
  for (const char* part : {"sessions.db", "sessions.db-wal"}) {
    REQUIRE(fs::copy_file(folder.path / part, left.path / part));
  }
  CHECK(std::holds_alternative<std::monostate>(look_at_session_store(left.file())));
  const auto count = std::distance(fs::directory_iterator(left.path), fs::directory_iterator());
  CHECK(count == 2);
  for (const char* part : {"sessions.db", "sessions.db-wal"}) {
    std::ofstream(left.path / part, std::ios::trunc) << std::string(5000, 'x');
  }
  const auto damaged = look_at_session_store(left.file());
  REQUIRE(std::holds_alternative<StoreFault>(damaged));
  CHECK(std::get<StoreFault>(damaged).text.find(left.file().string()) != std::string::npos);
}

TEST_CASE("a file that is no database is said to be none and left as it is") {
  const Folder folder;
  const std::string text(5000, 'x');
  std::ofstream(folder.file()) << text;
  fs::permissions(folder.file(), fs::perms::owner_read | fs::perms::owner_write);
  CHECK(fault_of(folder.file()).find("damaged or no SQLite database") != std::string::npos);
  std::ifstream in(folder.file());
  CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == text);
}

TEST_CASE("another program's database is left alone") {
  const Folder folder;
  run_sql(folder.file(), "CREATE TABLE theirs (x)");
  CHECK(fault_of(folder.file()).find("another program's database") != std::string::npos);
}

TEST_CASE("a store of a newer version is not touched") {
  const Folder folder;
  { const auto store = open(folder.file()); }
  run_sql(folder.file(), "PRAGMA user_version = 99");
  CHECK(fault_of(folder.file()).find("newer ssmgate") != std::string::npos);
}

TEST_CASE("an empty file of an interrupted start is taken") {
  const Folder folder;
  std::ofstream(folder.file()).close();
  fs::permissions(folder.file(), fs::perms::owner_read | fs::perms::owner_write);
  const auto store = open(folder.file());
  CHECK(write(*store, later("a", "x")));
}

TEST_CASE("a store that others can read is refused") {
  const Folder folder;
  { const auto store = open(folder.file()); }
  fs::permissions(folder.file(), fs::perms::others_read, fs::perm_options::add);
  CHECK(fault_of(folder.file()).find("chmod 600") != std::string::npos);
}

TEST_CASE("a folder that cannot be made is a fault in words") {
  CHECK(fault_of("/proc/none/sessions.db").find("cannot open the session store") !=
        std::string::npos);
}

TEST_CASE("a closed store takes nothing more") {
  const Folder folder;
  const auto store = open(folder.file());
  store->close();
  CHECK_FALSE(write(*store, later("a", "x")));
}

// A child writes and says each id that is down; it is killed in the middle of it, again and again.
TEST_CASE("what was said to be down is there after SIGKILL") {
  const Folder folder;
  for (int round = 0; round < 10; ++round) {
    int pipe_ends[2];
    REQUIRE(::pipe(pipe_ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      auto opened = SessionStore::open(folder.file());
      auto* store = std::get_if<std::unique_ptr<SessionStore>>(&opened);
      for (std::uint32_t i = 0; store != nullptr; ++i) {
        const std::uint32_t id = static_cast<std::uint32_t>(round) * 1'000'000 + i;
        if (!write(**store, later(std::to_string(id), "x"))) break;
        if (::write(pipe_ends[1], &id, sizeof id) != sizeof id) break;
      }
      ::_exit(1);
    }
    ::close(pipe_ends[1]);
    std::vector<std::uint32_t> down;
    std::uint32_t id = 0;
    const std::size_t wanted = 5 + static_cast<std::size_t>(round) * 13;
    while (down.size() < wanted && ::read(pipe_ends[0], &id, sizeof id) == sizeof id) {
      down.push_back(id);
    }
    ::kill(child, SIGKILL);
    while (::read(pipe_ends[0], &id, sizeof id) == sizeof id) down.push_back(id);
    ::close(pipe_ends[0]);
    ::waitpid(child, nullptr, 0);
    CHECK(down.size() >= wanted);
    const auto store = open(folder.file());
    const auto there = found(*store);
    for (const std::uint32_t each : down) CHECK(there.contains(std::to_string(each)));
  }
}
