// A regular file: one chain that outlives restarts, rotation, and is shared with other gateways.
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "state/audit_sink.hpp"
#include "state/file_lock.hpp"

namespace ssmgate::state {
namespace {

namespace fs = std::filesystem;

constexpr off_t kBlock = off_t{16} * 1024;

// The bytes from `start` to `end`, or nothing with errno: what cannot be read is not an empty file.
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

// A file that others can write proves nothing; one that they can read tells them who did what.
std::string fault_of_mode(const fs::path& path, mode_t mode) {
  if ((mode & (S_IWGRP | S_IWOTH)) != 0) {
    return "others can write to it; type `chmod go-w " + path.string() + "`";
  }
  if ((mode & (S_IRGRP | S_IROTH)) != 0) {
    spdlog::warn("audit: `{}` can be read by others; type `chmod go-r {}`", path.string(),
                 path.string());
  }
  return "";
}

struct Opened {
  OwnedFd fd{-1};
  bool regular = false;
  std::string fault;
};

Opened open_append(const fs::path& path) {
  Opened opened;
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
  opened.fd = OwnedFd(::open(path.c_str(), kFlags, S_IRUSR | S_IWUSR));
  struct stat status {};
  if (opened.fd.get() < 0 || ::fstat(opened.fd.get(), &status) != 0) {
    opened.fault = std::string("cannot be opened for writing: ") + std::strerror(errno);
    return opened;
  }
  opened.regular = S_ISREG(status.st_mode);
  if (opened.regular) opened.fault = fault_of_mode(path, status.st_mode);
  return opened;
}

class FileSink final : public AuditSink {
 public:
  FileSink(fs::path path, OwnedFd fd)
      : AuditSink(path.string()), path_(std::move(path)), fd_(std::move(fd)) {}

  // The first look at the file.
  bool look() {
    const FileLock lock(fd_.get());
    if (!lock.held()) return fail(kLockedByAnother);
    if (!follow()) return false;
    found_ = end_;
    return true;
  }

  bool write(std::string_view fields) override {
    // A file can be moved away again while the new one is opened: twice is bad luck, not a rule.
    for (int attempt = 0; attempt < 3; ++attempt) {
      {
        const FileLock lock(fd_.get());
        if (!lock.held()) return fail(kLockedByAnother);
        // INVARIANT: the end is known before the file is left: the new one continues from there.
        if (!follow()) return false;
        if (at_its_path()) return append(fields);
      }
      Opened opened = open_append(path_);
      if (opened.fault.empty() && !opened.regular) opened.fault = "it is no longer a file";
      if (!opened.fault.empty()) return fail(std::move(opened.fault));
      fd_ = std::move(opened.fd);
      size_ = kUnknown;
    }
    return fail("it is moved away again and again");
  }

 private:
  static constexpr off_t kUnknown = -1;

  // False once the file has been moved or deleted: what is written to it then, nobody looks at.
  [[nodiscard]] bool at_its_path() const {
    struct stat named {};
    return ::stat(path_.c_str(), &named) == 0 && named.st_ino == inode_ && named.st_dev == device_;
  }

  // Makes `end_` and `size_` those of the open file. An empty one continues the chain.
  bool follow() {
    struct stat status {};
    if (::fstat(fd_.get(), &status) != 0) return fail(std::strerror(errno));
    inode_ = status.st_ino;
    device_ = status.st_dev;
    if (status.st_size == size_) return true;
    // Another gateway has written since, or the file was cut, or it is a new one.
    if (status.st_size > 0) return read_end(status.st_size);
    size_ = 0;
    return true;
  }

  // The last whole line of the file; whatever stands behind it is cut off.
  bool read_end(off_t file_size) {
    const auto newline = last_newline(fd_.get(), file_size);
    if (!newline) return fail(std::strerror(errno));
    const off_t whole = *newline + 1;
    ChainEnd end;
    end.torn = whole < file_size;
    if (whole > 0) {
      const auto before = last_newline(fd_.get(), *newline);
      if (!before) return fail(std::strerror(errno));
      const auto line = read_between(fd_.get(), *before + 1, *newline);
      if (!line) return fail(std::strerror(errno));
      const auto link = find_link(*line);
      end.seq = link ? link->seq : end_.seq;
      end.hash = sha256_hex(*line);
    }
    if (end.torn && ::ftruncate(fd_.get(), whole) != 0) return fail(std::strerror(errno));
    size_ = whole;
    end_ = std::move(end);
    return true;
  }

  bool append(std::string_view fields) {
    const std::string line = chained_line(fields, end_);
    std::size_t written = 0;
    if (!write_all(fd_.get(), line, written)) {
      fail(std::strerror(errno));
      if (written > 0 && ::ftruncate(fd_.get(), size_) != 0) size_ = kUnknown;
      return false;
    }
    size_ += static_cast<off_t>(line.size());
    end_ = advanced(end_, line);
    return true;
  }

  fs::path path_;
  OwnedFd fd_;
  off_t size_ = kUnknown;
  ino_t inode_ = 0;
  dev_t device_ = 0;
  ChainEnd end_;
};

SinkFault fault_at(const fs::path& path, const std::string& text) {
  return SinkFault{"audit: `" + path.string() + "`: " + text};
}

}  // namespace

std::variant<SinkFault, std::unique_ptr<AuditSink>> open_file_sink(const fs::path& path) {
  Opened opened = open_append(path);
  if (opened.fd.get() < 0) {
    return fault_at(path, opened.fault + "; name another file under `audit.sinks`");
  }
  if (!opened.fault.empty()) return fault_at(path, opened.fault);
  if (!opened.regular) return open_stream_sink(path.string(), opened.fd.release());
  auto sink = std::make_unique<FileSink>(path, std::move(opened.fd));
  if (!sink->look()) {
    return fault_at(path, sink->fault() +
                              "; end that program, or name another file under "
                              "`audit.sinks`");
  }
  return sink;
}

}  // namespace ssmgate::state
