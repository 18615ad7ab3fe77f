#include "state/session_database.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace ssmgate::state {
namespace fs = std::filesystem;
namespace {

// LIMIT: another program that looks into the file (a backup) as it is opened is waited for that
// long.
constexpr int kBusyMilliseconds = 1000;

// LIMIT: what nobody needs any more is looked for that often: it reads every row.
constexpr std::chrono::seconds kPruneEvery{60};

// From format N to N + 1; `user_version` says which one a file has. A format is never changed once
// it has been released: the next one is added.
constexpr std::array kMigrations = {
    // No index on `keep_until`: a page more to write with each session, for one look a minute.
    "CREATE TABLE sessions (id TEXT PRIMARY KEY, keep_until INTEGER NOT NULL, text TEXT NOT NULL)"
    " WITHOUT ROWID;"
    "PRAGMA application_id = 1936944487;",
};
static_assert(kMigrations.size() == kSessionFormat);

std::int64_t to_milliseconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

std::string column_text(sqlite3_stmt* statement, int column) {
  const void* bytes = sqlite3_column_blob(statement, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
  return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

int bind_text(sqlite3_stmt* statement, int index, const std::string& text) {
  return sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_STATIC,
                             SQLITE_UTF8);
}

StoreFault file_fault(const std::string& name, std::string_view what, int number) {
  return StoreFault{std::string(what) + " " + name + ": " + std::strerror(number)};
}

// The file itself, readable by nobody else, under a lock that ends with this process. SQLite gives
// what it makes beside the file the same mode. The lock is on a file of its own: SQLite's locks on
// the database would be lost when another descriptor of it is closed.
std::variant<StoreFault, OwnedFd> take_file(const fs::path& file, const std::string& name) {
  std::error_code ignored;
  fs::create_directories(file.parent_path(), ignored);
  OwnedFd made(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (made.get() < 0) return file_fault(name, "cannot open the session store", errno);
  struct stat status {};
  if (::fstat(made.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return StoreFault{"the session store " + name + " is no regular file; move it away"};
  }
  if ((status.st_mode & 077) != 0) {
    return StoreFault{"the session store " + name + " can be read by others; chmod 600 it"};
  }
  const std::string lock_file = lock_of(file);
  OwnedFd lock(::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (lock.get() < 0) return file_fault("`" + lock_file + "`", "cannot open", errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return StoreFault{"the session store " + name +
                      " is in use by another ssmgate; stop that one, or give this one another "
                      "`state`"};
  }
  return lock;
}

int note_pages(void* pages, sqlite3*, const char*, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

}  // namespace

SessionDatabase::SessionDatabase(std::string name, OwnedFd lock, Handle handle)
    : name_(std::move(name)), lock_(std::move(lock)), handle_(std::move(handle)) {}

StoreFault SessionDatabase::fault(std::string_view what) const {
  const int code = sqlite3_errcode(handle_.get());
  std::string text = std::string(what) + " the session store " + name_ + ": ";
  if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) {
    return StoreFault{text + "it is damaged or no SQLite database (" +
                      sqlite3_errmsg(handle_.get()) +
                      "); move it away: its sessions cannot be resumed, all else goes on"};
  }
  return StoreFault{text + sqlite3_errmsg(handle_.get())};
}

bool SessionDatabase::run(const char* sql) {
  return sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

std::optional<std::int64_t> SessionDatabase::number(const char* sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(handle_.get(), sql, -1, &raw, nullptr) != SQLITE_OK) return std::nullopt;
  const Statement statement(raw);
  if (sqlite3_step(raw) != SQLITE_ROW) return std::nullopt;
  return sqlite3_column_int64(raw, 0);
}

std::variant<StoreFault, std::unique_ptr<SessionDatabase>> SessionDatabase::open(
    const fs::path& file) {
  std::string name = "`" + file.string() + "`";
  auto taken = take_file(file, name);
  if (auto* fault = std::get_if<StoreFault>(&taken)) return std::move(*fault);
  sqlite3* raw = nullptr;
  const int opened =
      sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Handle handle(raw);
  if (raw == nullptr) return StoreFault{"no memory for the session store " + name};
  std::unique_ptr<SessionDatabase> database(
      new SessionDatabase(std::move(name), std::get<OwnedFd>(std::move(taken)), std::move(handle)));
  if (opened != SQLITE_OK) return database->fault("cannot open");
  if (auto fault = database->prepare()) return std::move(*fault);
  return database;
}

std::optional<StoreFault> SessionDatabase::prepare() {
  sqlite3_busy_timeout(handle_.get(), kBusyMilliseconds);
  // EXCLUSIVE: one gateway's alone, so that a commit takes and drops no locks (four system calls).
  // WAL: a commit is one append, and what a killed process leaves is whole. `synchronous` NORMAL:
  // no commit waits for the disk (docs/decisions/0014-the-session-store.md), but the first of a log
  // that begins anew, and none makes a checkpoint, which does: the hook takes the place of SQLite's
  // own. The size limit is more than a log becomes: cutting one short waits for the disk, too.
  if (!run("PRAGMA trusted_schema = OFF; PRAGMA locking_mode = EXCLUSIVE;"
           "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
           "PRAGMA journal_size_limit = 16777216;")) {
    return fault("cannot open");
  }
  sqlite3_wal_hook(handle_.get(), &note_pages, &log_pages_);
  if (auto trouble = migrate()) return trouble;
  const auto make = [this](const char* sql, Statement& statement) {
    sqlite3_stmt* raw = nullptr;
    const bool made = sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &raw,
                                         nullptr) == SQLITE_OK;
    statement.reset(raw);
    return made;
  };
  if (!make("BEGIN IMMEDIATE", begin_) || !make("COMMIT", commit_) ||
      !make("INSERT OR REPLACE INTO sessions (id, keep_until, text) VALUES (?, ?, ?)", put_) ||
      !make("DELETE FROM sessions WHERE id = ?", erase_) ||
      !make("DELETE FROM sessions WHERE keep_until <= ?", prune_)) {
    return fault("cannot read");
  }
  return std::nullopt;
}

std::optional<StoreFault> SessionDatabase::migrate() {
  const auto format = number("PRAGMA user_version");
  const auto whose = number("PRAGMA application_id");
  const auto tables = number("SELECT count(*) FROM sqlite_master");
  if (!format || !whose || !tables) return fault("cannot read");
  if (*whose != kSessionApplicationId && (*whose != 0 || *format != 0 || *tables != 0)) {
    return StoreFault{"`state` holds " + name_ +
                      ", which is another program's database; move it away"};
  }
  if (*format > kSessionFormat) {
    return StoreFault{"the session store " + name_ +
                      " was written by a newer ssmgate; run that one, or move the file away"};
  }
  for (std::int64_t next = *format; next < kSessionFormat; ++next) {
    const std::string version = "PRAGMA user_version = " + std::to_string(next + 1);
    const bool done = run("BEGIN IMMEDIATE") && run(kMigrations[static_cast<std::size_t>(next)]) &&
                      run(version.c_str()) && run("COMMIT");
    if (done) continue;
    StoreFault trouble = fault("cannot bring to today's format");
    (void)run("ROLLBACK");
    return trouble;
  }
  return std::nullopt;
}

std::variant<StoreFault, std::vector<StoredSession>> SessionDatabase::load() {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(handle_.get(), "SELECT id, keep_until, text FROM sessions", -1, &raw,
                         nullptr) != SQLITE_OK) {
    return fault("cannot read");
  }
  const Statement statement(raw);
  std::vector<StoredSession> sessions;
  int got = sqlite3_step(raw);
  for (; got == SQLITE_ROW; got = sqlite3_step(raw)) {
    StoredSession session;
    session.id = column_text(raw, 0);
    session.keep_until = std::chrono::system_clock::time_point(
        std::chrono::milliseconds(sqlite3_column_int64(raw, 1)));
    session.text = column_text(raw, 2);
    sessions.push_back(std::move(session));
  }
  if (got != SQLITE_DONE) return fault("cannot read");
  return sessions;
}

bool SessionDatabase::step(sqlite3_stmt* statement) {
  const bool done = sqlite3_step(statement) == SQLITE_DONE;
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  return done;
}

bool SessionDatabase::apply_one(const Change& change) {
  if (const auto* id = std::get_if<std::string>(&change)) {
    return bind_text(erase_.get(), 1, *id) == SQLITE_OK && step(erase_.get());
  }
  const auto& session = std::get<StoredSession>(change);
  sqlite3_stmt* put = put_.get();
  return bind_text(put, 1, session.id) == SQLITE_OK &&
         sqlite3_bind_int64(put, 2, to_milliseconds(session.keep_until)) == SQLITE_OK &&
         bind_text(put, 3, session.text) == SQLITE_OK && step(put);
}

std::optional<StoreFault> SessionDatabase::apply(const std::vector<Change>& changes,
                                                 std::chrono::system_clock::time_point now) {
  bool done = step(begin_.get());
  for (const Change& change : changes) done = done && apply_one(change);
  // The clock may have been set back.
  const bool prune = now >= pruned_ + kPruneEvery || now < pruned_;
  if (prune) {
    done = done && sqlite3_bind_int64(prune_.get(), 1, to_milliseconds(now)) == SQLITE_OK &&
           step(prune_.get());
  }
  if (done && step(commit_.get())) {
    if (prune) pruned_ = now;
    return std::nullopt;
  }
  StoreFault trouble = fault("cannot write");
  (void)run("ROLLBACK");
  return trouble;
}

std::optional<StoreFault> SessionDatabase::checkpoint() {
  const int done = sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                             nullptr, nullptr);
  if (done == SQLITE_OK) return std::nullopt;
  return fault("cannot bring to the disk");
}

}  // namespace ssmgate::state
