#include "state/session_look.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "state/session_database.hpp"
#include "state/temporary_folder.hpp"

namespace ssmgate::state {
namespace fs = std::filesystem;
namespace {

struct Close {
  void operator()(sqlite3* handle) const noexcept { sqlite3_close(handle); }
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};

// SOURCE: sqlite.org/uri.html. `immutable` makes nothing beside the file and takes no lock, but
// sees nothing of what stands there.
std::string uri_of(const fs::path& file) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : file.string()) {
    if (c == '%' || c == '?' || c == '#') {
      const auto byte = static_cast<unsigned char>(c);
      uri += '%';
      uri += kHex[byte >> 4U];
      uri += kHex[byte & 15U];
    } else {
      uri += c;
    }
  }
  return uri;
}

// A store that a killed gateway has left, with its log: SQLite would make a file beside them to
// read both. So a copy is looked at, which nobody else can open and which is gone afterwards.
class Copy {
 public:
  explicit Copy(const fs::path& file) : error_(folder_.error()) {
    for (const char* part : {"", "-wal"}) {
      if (!error_) fs::copy_file(file.string() + part, this->file().string() + part, error_);
    }
  }

  // Why there is none; empty: there is one.
  [[nodiscard]] std::string fault() const {
    if (folder_.error()) return folder_.fault();
    return error_ ? error_.message() : std::string();
  }
  [[nodiscard]] fs::path file() const { return folder_.path() / "sessions.db"; }

 private:
  const TemporaryFolder folder_{"look"};
  std::error_code error_;
};

// The first column of the first row; nothing when SQLite cannot read it.
std::optional<std::string> first_value(sqlite3* handle, const char* sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(handle, sql, -1, &raw, nullptr) != SQLITE_OK) return std::nullopt;
  const std::unique_ptr<sqlite3_stmt, Close> statement(raw);
  if (sqlite3_step(raw) != SQLITE_ROW) return std::nullopt;
  const void* text = sqlite3_column_blob(raw, 0);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(raw, 0));
  return text == nullptr ? std::string() : std::string(static_cast<const char*>(text), size);
}

// `uri` leads to the store that is called `name`.
std::optional<StoreFault> look_through(const std::string& uri, const std::string& name) {
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(
      uri.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
  const std::unique_ptr<sqlite3, Close> handle(raw);
  const auto damaged = [&] {
    return StoreFault{name + "is damaged or no SQLite database (" +
                      (raw == nullptr ? "no memory" : sqlite3_errmsg(raw)) + ")"};
  };
  if (opened != SQLITE_OK) return damaged();
  const auto whose = first_value(raw, "PRAGMA application_id");
  const auto format = first_value(raw, "PRAGMA user_version");
  const auto tables = first_value(raw, "SELECT count(*) FROM sqlite_master");
  if (!whose || !format || !tables) return damaged();
  const bool fresh = *whose == "0" && *format == "0" && *tables == "0";
  if (!fresh && *whose != std::to_string(kSessionApplicationId)) {
    return StoreFault{name + "is another program's database"};
  }
  if (std::stoll(*format) > kSessionFormat) {
    return StoreFault{name + "was written by a newer ssmgate"};
  }
  auto check = first_value(raw, "PRAGMA quick_check(1)");
  if (!check) return damaged();
  std::ranges::replace(*check, '\n', ' ');
  if (*check != "ok") return StoreFault{name + "is damaged (" + *check + ")"};
  return std::nullopt;
}

}  // namespace

bool is_store_in_use(const fs::path& file) {
  const OwnedFd lock(::open(lock_of(file).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return lock.get() >= 0 && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

StoreLook look_at_session_store(const fs::path& file) {
  const std::string name = "the session store `" + file.string() + "` ";
  const auto told = [](std::optional<StoreFault> fault) {
    return fault ? StoreLook(*std::move(fault)) : StoreLook();
  };
  std::error_code ignored;
  if (!fs::exists(file.string() + "-wal", ignored)) {
    return told(look_through(uri_of(file) + "?mode=ro&immutable=1", name));
  }
  const Copy copy(file);
  if (std::string fault = copy.fault(); !fault.empty()) return NotLooked{std::move(fault)};
  return told(look_through(uri_of(copy.file()), name));
}

}  // namespace ssmgate::state
