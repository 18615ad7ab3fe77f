#include "state/log_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <spdlog/spdlog.h>

namespace ssmgate::state {
namespace {

namespace fs = std::filesystem;

constexpr const char* kIsLink = "it is a symbolic link; name the file that it leads to";

constexpr off_t kBlock = off_t{16} * 1024;

// Where the last line break before `end` stands, -1 when there is none; nothing with errno.
std::optional<off_t> last_newline(int fd, off_t end) {
  while (end > 0) {
    const off_t start = std::max<off_t>(0, end - kBlock);
    const auto block = read_between(fd, start, end);
    if (!block) return std::nullopt;
    const std::size_t at = block->rfind('\n');
    if (at != std::string::npos) return start + static_cast<off_t>(at);
    end = start;
  }
  return -1;
}

// A file that others can write, or belongs to them, proves nothing; one that they can read tells
// them who did what.
std::string fault_of_status(const fs::path& path, const struct stat& status) {
  const mode_t mode = status.st_mode;
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    return "it belongs to another user, number " + std::to_string(status.st_uid) +
           "; name a file of the gateway's own user";
  }
  if ((mode & (S_IWGRP | S_IWOTH)) != 0) {
    return "others can write to it; type `chmod go-w " + path.string() + "`";
  }
  if ((mode & (S_IRGRP | S_IROTH)) != 0) {
    spdlog::warn("audit: `{}` can be read by others; type `chmod go-r {}`", path.string(),
                 path.string());
  }
  return "";
}

}  // namespace

bool is_own_stream(const fs::path& path) {
  const std::string text = path.string();
  return std::ranges::any_of(
      std::array{"/dev/std", "/dev/fd/", "/proc/self/", "/proc/thread-self/"},
      [&](const char* start) { return text.starts_with(start); });
}

std::string find_log_fault(const fs::path& path) {
  struct stat named {};
  struct stat status {};
  if (::lstat(path.c_str(), &named) != 0 || ::stat(path.c_str(), &status) != 0) return "";
  if (!S_ISREG(status.st_mode)) return "";
  if (S_ISLNK(named.st_mode) && !is_own_stream(path)) return kIsLink;
  return fault_of_status(path, status);
}

OpenedFile open_append(const fs::path& path) {
  OpenedFile opened;
  std::error_code error;
  if (const fs::path folder = path.parent_path(); !folder.empty() && !fs::exists(folder, error)) {
    fs::create_directories(folder, error);
    if (!error) fs::permissions(folder, fs::perms::owner_all, error);
    if (error) {
      opened.fault = "the folder `" + folder.string() + "` cannot be created: " + error.message();
      return opened;
    }
  }
  constexpr int kFlags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;
  // A link may lead to a device, such as /dev/stdout, but not to a file of somebody's choice.
  struct stat named {};
  const bool is_device = ::stat(path.c_str(), &named) == 0 && !S_ISREG(named.st_mode);
  const bool follow = is_device || is_own_stream(path);
  const int flags = follow ? kFlags : kFlags | O_NOFOLLOW;
  opened.fd = OwnedFd(::open(path.c_str(), flags, S_IRUSR | S_IWUSR));
  if (opened.fd.get() < 0 && errno == ELOOP) {
    opened.fault = kIsLink;
    return opened;
  }
  if (opened.fd.get() < 0 || ::fstat(opened.fd.get(), &opened.status) != 0) {
    opened.fault = std::string("cannot be opened for writing: ") + std::strerror(errno);
    return opened;
  }
  if (opened.is_regular()) opened.fault = fault_of_status(path, opened.status);
  if (opened.is_regular() && is_device && !is_own_stream(path)) {
    opened.fault = "it has changed just now; try again";
  }
  return opened;
}

std::optional<LastLine> find_last_line(int fd, off_t size) {
  const auto newline = last_newline(fd, size);
  if (!newline) return std::nullopt;
  LastLine line;
  if (*newline < 0) return line;
  const auto before = last_newline(fd, *newline);
  if (!before) return std::nullopt;
  auto text = read_between(fd, *before + 1, *newline);
  if (!text) return std::nullopt;
  line.text = std::move(*text);
  line.end = *newline + 1;
  return line;
}

std::optional<std::string> find_first_line(int fd, off_t size) {
  std::string line;
  for (off_t start = 0; start < size; start += kBlock) {
    const auto block = read_between(fd, start, std::min(size, start + kBlock));
    if (!block) return std::nullopt;
    const std::size_t newline = block->find('\n');
    line.append(*block, 0, newline);
    if (newline != std::string::npos) return line;
  }
  return std::nullopt;
}

std::optional<std::string> read_between(int fd, off_t start, off_t end) {
  std::string bytes(static_cast<std::size_t>(end - start), '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t count =
        ::pread(fd, bytes.data() + have, bytes.size() - have, start + static_cast<off_t>(have));
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) errno = EIO;
    if (count <= 0) return std::nullopt;
    have += static_cast<std::size_t>(count);
  }
  return bytes;
}

}  // namespace ssmgate::state
