// A regular file: one chain that outlives restarts, rotation, and is shared with other gateways.
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "state/audit_checkpoint.hpp"
#include "state/audit_sink.hpp"
#include "state/disk_flush.hpp"
#include "state/file_lock.hpp"
#include "state/ocsf.hpp"

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
  FileSink(fs::path path, OwnedFd fd, SinkSetup setup)
      : AuditSink(path.string()),
        path_(std::move(path)),
        setup_(std::move(setup)),
        kept_(kept_checkpoint_file(setup_.state, path_)),
        fd_(std::make_shared<const OwnedFd>(std::move(fd))) {}

  // The first look at the file.
  bool look() {
    const FileLock lock(fd_->get());
    if (!lock.held()) return fail(kLockedByAnother);
    if (!follow()) return false;
    if (end_.torn) find("an unfinished line at the end of the log was cut off");
    if (setup_.key) compare_with_kept();
    found_ = end_;
    return true;
  }

  bool write(std::string_view fields) override { return write_group({&fields, 1}) == 1; }

  std::size_t write_group(std::span<const std::string_view> records) override {
    if (auto fault = flush_.take_fault(Clock::now())) {
      size_ = kUnknown;
      fail(std::move(*fault));
      return 0;
    }
    std::size_t taken = 0;
    at_the_end([&] { taken = append(records); });
    return taken;
  }

  bool seal() override {
    if (!setup_.key) return true;
    bool sealed = false;
    at_the_end([&] { sealed = append_checkpoint(); });
    return sealed;
  }

  void reopen() override {
    at_the_end([] {});
  }

  void close() override { flush_.close(); }

 private:
  static constexpr off_t kUnknown = -1;

  // Calls `act` while no other gateway writes, with `end_` and `size_` those of the file at the
  // path; or not at all, and `fault` says why.
  template <typename Act>
  void at_the_end(const Act& act) {
    // A file can be moved away again while the new one is opened: twice is bad luck, not a rule.
    for (int attempt = 0; attempt < 3; ++attempt) {
      {
        const FileLock lock(fd_->get());
        if (!lock.held()) return static_cast<void>(fail(kLockedByAnother));
        // INVARIANT: the end is known before the file is left: the new one continues from there.
        if (!follow()) return;
        if (at_its_path()) return act();
      }
      Opened opened = open_append(path_);
      if (opened.fault.empty() && !opened.regular) opened.fault = "it is no longer a file";
      if (!opened.fault.empty()) return static_cast<void>(fail(std::move(opened.fault)));
      fd_ = std::make_shared<const OwnedFd>(std::move(opened.fd));
      size_ = kUnknown;
    }
    fail("it is moved away again and again");
  }

  // False once the file has been moved or deleted: what is written to it then, nobody looks at.
  [[nodiscard]] bool at_its_path() const {
    struct stat named {};
    return ::stat(path_.c_str(), &named) == 0 && named.st_ino == inode_ && named.st_dev == device_;
  }

  // Makes `end_` and `size_` those of the open file. An empty one continues the chain.
  bool follow() {
    struct stat status {};
    if (::fstat(fd_->get(), &status) != 0) return fail(std::strerror(errno));
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
    const auto newline = last_newline(fd_->get(), file_size);
    if (!newline) return fail(std::strerror(errno));
    const off_t whole = *newline + 1;
    ChainEnd end;
    end.torn = whole < file_size;
    if (whole > 0) {
      const auto before = last_newline(fd_->get(), *newline);
      if (!before) return fail(std::strerror(errno));
      const auto line = read_between(fd_->get(), *before + 1, *newline);
      if (!line) return fail(std::strerror(errno));
      const auto link = find_link(*line);
      end.seq = link ? link->seq : end_.seq;
      end.hash = sha256_hex(*line);
    }
    if (end.torn && ::ftruncate(fd_->get(), whole) != 0) return fail(std::strerror(errno));
    size_ = whole;
    end_ = std::move(end);
    return true;
  }

  // The log against what was signed in the run before.
  void compare_with_kept() {
    const auto line = read_kept_checkpoint(kept_);
    if (!line) return;
    const auto kept = parse_checkpoint(*line);
    if (!kept || !verify(*kept, setup_.key->public_key())) {
      return find("the checkpoint in " + kept_.string() + " is not by this gateway's key");
    }
    const std::string signed_one = std::to_string(kept->seq);
    if (end_.hash.empty()) {
      end_ = ChainEnd{kept->seq, sha256_hex(*line), false};
      find("the log of before is gone or was moved away; this one goes on behind record " +
           signed_one + ", the last that was signed");
    } else if (end_.seq < kept->seq) {
      find("the log ended with record " + std::to_string(end_.seq) + ", but record " + signed_one +
           " was signed: its end was cut off");
    }
  }

  // As many as the disk takes, in one write.
  std::size_t append(std::span<const std::string_view> records) {
    std::string bytes;
    std::vector<Placed> placed;
    placed.reserve(records.size() + 1);
    placed.push_back({0, end_});
    for (const std::string_view fields : records) {
      const std::string line = render_line(fields, placed.back().end, setup_.format);
      bytes += line;
      ChainEnd end = advanced(placed.back().end, line);
      placed.push_back({static_cast<off_t>(bytes.size()), std::move(end)});
    }
    std::size_t written = 0;
    if (!write_all(fd_->get(), bytes, written)) {
      fail(std::strerror(errno));
      while (placed.back().size > static_cast<off_t>(written)) placed.pop_back();
    }
    const off_t whole = placed.back().size;
    end_ = std::move(placed.back().end);
    size_ += whole;
    if (static_cast<off_t>(written) > whole && ::ftruncate(fd_->get(), size_) != 0) {
      size_ = kUnknown;
    }
    if (whole > 0) flush_.mark(fd_);
    return placed.size() - 1;
  }

  bool append_checkpoint() {
    const std::string fields =
        checkpoint_fields(*setup_.key, end_, std::chrono::system_clock::now());
    if (fields.empty()) return fail("no checkpoint could be signed");
    std::string line = render_line(fields, end_, setup_.format);
    const std::string_view view = fields;
    if (append({&view, 1}) == 0) return false;
    line.pop_back();
    flush_.mark(fd_, KeptLine{kept_, std::move(line)});
    return true;
  }

  // A line's end in what is written at once, and the chain's there.
  struct Placed {
    off_t size;
    ChainEnd end;
  };

  fs::path path_;
  SinkSetup setup_;
  fs::path kept_;
  SharedFd fd_;
  off_t size_ = kUnknown;
  ino_t inode_ = 0;
  dev_t device_ = 0;
  ChainEnd end_;
  DiskFlush flush_;
};

SinkFault fault_at(const fs::path& path, const std::string& text) {
  return SinkFault{"audit: `" + path.string() + "`: " + text};
}

}  // namespace

std::variant<SinkFault, std::unique_ptr<AuditSink>> open_file_sink(const fs::path& path,
                                                                   SinkSetup setup) {
  Opened opened = open_append(path);
  if (opened.fd.get() < 0) {
    return fault_at(path, opened.fault + "; name another file under `audit.sinks`");
  }
  if (!opened.fault.empty()) return fault_at(path, opened.fault);
  if (!opened.regular)
    return open_stream_sink(path.string(), opened.fd.release(), std::move(setup));
  auto sink = std::make_unique<FileSink>(path, std::move(opened.fd), std::move(setup));
  if (!sink->look()) {
    return fault_at(path, sink->fault() +
                              "; end that program, or name another file under "
                              "`audit.sinks`");
  }
  return sink;
}

}  // namespace ssmgate::state
