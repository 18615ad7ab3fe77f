// SQLite, as far as the session store needs it. Blocks; used by one thread at a time.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "state/file_lock.hpp"
#include "state/session_store.hpp"

namespace ssmgate::state {

// "ssmg": whose file it is, in SQLite's own header field for that.
inline constexpr std::int64_t kSessionApplicationId = 0x73736d67;
// The format that this version writes; an older one is brought to it.
inline constexpr std::int64_t kSessionFormat = 1;

// Beside the store `file`: locked by the gateway that has it, for as long as it has it.
[[nodiscard]] inline std::string lock_of(const std::filesystem::path& file) {
  return file.string() + ".lock";
}

class SessionDatabase {
 public:
  [[nodiscard]] static std::variant<StoreFault, std::unique_ptr<SessionDatabase>> open(
      const std::filesystem::path& file);
  SessionDatabase(const SessionDatabase&) = delete;
  SessionDatabase& operator=(const SessionDatabase&) = delete;

  [[nodiscard]] std::variant<StoreFault, std::vector<StoredSession>> load();

  // One change: what to put, or an id to erase.
  using Change = std::variant<StoredSession, std::string>;
  // All of them, or nothing; once a minute also the end of what has been kept long enough at `now`.
  // Empty: done.
  [[nodiscard]] std::optional<StoreFault> apply(const std::vector<Change>& changes,
                                                std::chrono::system_clock::time_point now);

  // How many pages of 4 KiB stand in the log, where everything that is applied goes first.
  [[nodiscard]] int log_pages() const noexcept { return log_pages_; }
  // Brings them into the database: two or three flushes of the disk. The log begins anew with the
  // next `apply`. Empty: done.
  [[nodiscard]] std::optional<StoreFault> checkpoint();

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept { sqlite3_close(handle); }
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };
  using Handle = std::unique_ptr<sqlite3, Close>;
  using Statement = std::unique_ptr<sqlite3_stmt, Close>;

  SessionDatabase(std::string name, OwnedFd lock, Handle handle);
  [[nodiscard]] std::optional<StoreFault> prepare();
  [[nodiscard]] std::optional<StoreFault> migrate();
  [[nodiscard]] bool run(const char* sql);
  [[nodiscard]] bool step(sqlite3_stmt* statement);
  [[nodiscard]] bool apply_one(const Change& change);
  [[nodiscard]] std::optional<std::int64_t> number(const char* sql);
  [[nodiscard]] StoreFault fault(std::string_view what) const;

  std::string name_;  // of the file, in backticks
  OwnedFd lock_;
  Handle handle_;
  int log_pages_ = 0;
  Statement begin_, commit_, put_, erase_, prune_;
  std::chrono::system_clock::time_point pruned_{};
};

}  // namespace ssmgate::state
