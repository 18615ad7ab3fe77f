// The file of a log as such: opened for appending, and its lines at either end.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "state/file_lock.hpp"

namespace ssmgate::state {

struct OpenedFile {
  OwnedFd fd{-1};
  struct stat status {};
  std::string fault;  // one line; empty: it may be written to

  [[nodiscard]] bool is_regular() const noexcept { return S_ISREG(status.st_mode); }
};

// Made with mode 0600, its folder with 0700, where they are missing. A file that others can write,
// or that belongs to a user who is neither this one nor root, or a link to a file, is a fault; one
// that others can read is warned of.
// "/dev/stdout" and the like may lead anywhere: whose they are depends on who opens them.
[[nodiscard]] OpenedFile open_append(const std::filesystem::path& path);

// "/dev/stdout" and the like.
[[nodiscard]] bool is_own_stream(const std::filesystem::path& path);

// What `open_append` would say of the file that stands there; nothing is opened or made.
[[nodiscard]] std::string find_log_fault(const std::filesystem::path& path);

struct LastLine {
  std::string text;  // without its newline
  off_t end = 0;     // where the next one begins; 0: there is no line
};

// Of the first `size` bytes; nothing with errno: what cannot be read is not an empty file.
[[nodiscard]] std::optional<LastLine> find_last_line(int fd, off_t size);
// Of the first `size` bytes, without its newline; nothing when there is none.
[[nodiscard]] std::optional<std::string> find_first_line(int fd, off_t size);
// The bytes from `start` to `end`, or nothing with errno.
[[nodiscard]] std::optional<std::string> read_between(int fd, off_t start, off_t end);

}  // namespace ssmgate::state
