// How SQLite writes to its files, taken over by a test.
#pragma once

#include <sqlite3.h>
#include <sys/types.h>

#include <cstddef>

namespace ssmgate::state {

using SqliteWrite = ssize_t(int, const void*, std::size_t, off_t);

// SOURCE: sqlite.org/c3ref/vfs.html, xSetSystemCall; null: SQLite's own again.
inline void replace_sqlite_write(SqliteWrite* write) {
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  const auto call = reinterpret_cast<sqlite3_syscall_ptr>(write);
  for (const char* name : {"pwrite", "pwrite64"}) (void)vfs->xSetSystemCall(vfs, name, call);
}

}  // namespace ssmgate::state
