// A regular file: one chain that outlives restarts, rotation, and is shared with other gateways.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "state/audit_checkpoint.hpp"
#include "state/audit_sink.hpp"
#include "state/disk_flush.hpp"
#include "state/log_end.hpp"
#include "state/log_file.hpp"
#include "state/ocsf.hpp"
#include "state/signed_file.hpp"

namespace ssmgate::state {
namespace {

namespace fs = std::filesystem;

// A line's end in what is written at once, and the chain's there.
struct Placed {
  off_t size = 0;
  ChainEnd end;
};

class FileSink final : public AuditSink {
 public:
  FileSink(fs::path path, OpenedFile opened, Sealing sealing, LineFormat format)
      : AuditSink(path.string()),
        path_(std::move(path)),
        lock_file_(path_),
        sealing_(std::move(sealing)),
        format_(format),
        kept_(kept_checkpoint_file(sealing_.state, path_)) {
    take(std::move(opened));
  }
  ~FileSink() override {
    if (!looked_ || !sealing_.key) return;
    at_the_end([&] {
      if (unsealed_ > 0) static_cast<void>(append_checkpoint({}));
    });
  }

  // The first look at the file, which is held against what was signed in the run before.
  bool look() {
    const FileLock lock = lock_file_.lock(fd_->get());
    if (!lock.held()) return fail(kLockedByAnother);
    warn_of_lock();
    struct stat status {};
    if (::fstat(fd_->get(), &status) != 0) return fail(std::strerror(errno));
    const auto found = read_end(status.st_size);
    if (!found) return false;
    found_ = found->chain;
    adopt(look_at_first(fd_->get(), read_signed_end(), *found));
    looked_ = say();
    return looked_;
  }

  bool write(std::string_view fields) override { return write_group({&fields, 1}) == 1; }

  std::size_t write_group(std::span<const std::string_view> records) override {
    if (auto fault = flush_.take_fault(Clock::now())) {
      size_ = kUnknown;
      fail(std::move(*fault));
      return 0;
    }
    std::size_t taken = 0;
    at_the_end([&] {
      // One that cannot be signed yet is written all the same, and signed later.
      if (is_seal_due(records.size())) static_cast<void>(append_checkpoint({}));
      taken = append(records);
    });
    return taken;
  }

  void reopen() override {
    at_the_end([] {});
  }

 private:
  static constexpr off_t kUnknown = -1;

  // Calls `act` while no other gateway writes, with `end_` and `size_` those of the file at the
  // path; or not at all, and `fault` says why.
  template <typename Act>
  void at_the_end(const Act& act) {
    // A file can be moved away again while the new one is opened: twice is bad luck, not a rule.
    for (int attempt = 0; attempt < 3; ++attempt) {
      {
        const FileLock lock = lock_file_.lock(fd_->get());
        if (!lock.held()) return static_cast<void>(fail(kLockedByAnother));
        // One look at the path says both whether the open file is still there, and its size.
        struct stat named {};
        if (::stat(path_.c_str(), &named) == 0 && named.st_ino == inode_ &&
            named.st_dev == device_) {
          if (!follow(named.st_size)) return;
          watch_mode(named.st_mode);
          warn_of_lock();
          static_cast<void>(say());
          return act();
        }
        // INVARIANT: the end is known before the file is left: the new one continues from there.
        if (!leave()) return;
      }
      OpenedFile opened = open_append(path_);
      if (opened.fault.empty() && !opened.is_regular()) opened.fault = "it is no longer a file";
      if (!opened.fault.empty()) return static_cast<void>(fail(std::move(opened.fault)));
      take(std::move(opened));
      another_ = fresh_ = true;
    }
    fail("it is moved away again and again");
  }

  void take(OpenedFile opened) {
    fd_ = std::make_shared<const OwnedFd>(std::move(opened.fd));
    inode_ = opened.status.st_ino;
    device_ = opened.status.st_dev;
    size_ = kUnknown;
  }

  // Before so many more records.
  bool is_seal_due(std::size_t more) const {
    return sealing_.key && unsealed_ > 0 &&
           (unsealed_ + more > kSealRecords || Clock::now() - unsealed_since_ >= kSealAfter);
  }

  // Once for a reason.
  void warn_of_lock() {
    if (weakness_ == lock_file_.weakness()) return;
    weakness_ = lock_file_.weakness();
    if (weakness_.empty()) return;
    spdlog::warn("audit: whoever may read `{}` can stop it by a lock, for {}", path_.string(),
                 weakness_);
  }

  // A file that is opened so is refused; one in use is written to all the same.
  void watch_mode(mode_t mode) {
    const bool open = (mode & (S_IWGRP | S_IWOTH)) != 0;
    if (open && !open_to_others_) {
      spdlog::warn("audit: others can write to `{0}`; type `chmod go-w {0}`", path_.string());
    }
    open_to_others_ = open;
  }

  // What was signed in the run before.
  ChainEnd read_signed_end() {
    const auto line = sealing_.key ? read_kept_checkpoint(kept_) : std::nullopt;
    if (!line) return {};
    const auto kept = parse_checkpoint(*line);
    if (kept && verify(*kept, sealing_.key->public_key())) {
      return ChainEnd{kept->seq, sha256_hex(*line), false};
    }
    const bool ours = !kept || kept->key == sealing_.key->id();
    note(ours ? Finding{"the checkpoint that was kept is not what this gateway's key signed", true}
              : Finding{"a new audit.key signs from here on: that of before is gone", false});
    return {};
  }

  // To be said in the log with the next line, and to the operator at once.
  void note(const Finding& finding) {
    if (finding.text.empty()) return;
    spdlog::warn("audit: `{}`: {}", path_.string(), finding.text);
    if (finding_.text.empty()) finding_ = finding;
  }

  // Signs what was found, and the first line of a new file, by which it is known from then on.
  bool say() {
    if (!sealing_.key || (!fresh_ && finding_.text.empty())) return true;
    if (!append_checkpoint(finding_)) return false;
    finding_ = {};
    fresh_ = false;
    return true;
  }

  bool append_checkpoint(const Finding& finding) {
    const std::string fields =
        checkpoint_fields(*sealing_.key, end_.chain, std::chrono::system_clock::now(), finding);
    if (fields.empty()) return fail("no checkpoint could be signed");
    std::string line = render_line(fields, end_.chain, format_);
    const std::string_view view = fields;
    if (append({&view, 1}) == 0) return false;
    unsealed_ = 0;
    line.pop_back();
    flush_.mark(fd_, KeptLine{kept_, std::move(line)});
    return true;
  }

  // The open file is no longer the one of that name.
  bool leave() {
    struct stat status {};
    if (::fstat(fd_->get(), &status) != 0) return fail(std::strerror(errno));
    if (!follow(status.st_size)) return false;
    if (status.st_nlink == 0 && end_.chain.seq > 0) {
      note({"the log was deleted: the records up to " + std::to_string(end_.chain.seq) +
                " are gone, unless there is a copy",
            true});
    }
    return true;
  }

  // Makes `end_` and `size_` those of the open file, which has `file_size`.
  bool follow(off_t file_size) {
    if (file_size == size_) return true;
    // Another gateway has written since, or the file was cut, or it is a new one.
    const auto found = read_end(file_size);
    if (!found) return false;
    const bool another = std::exchange(another_, false);
    adopt(another ? look_at_another(fd_->get(), end_, *found)
                  : look_again(fd_->get(), end_, *found));
    return true;
  }

  void adopt(LogLook look) {
    end_ = std::move(look.end);
    size_ = end_.size;
    note(look.finding);
  }

  // The last whole line of the file; whatever stands behind it is cut off.
  std::optional<LogEnd> read_end(off_t file_size) {
    auto found = read_log_end(fd_->get(), file_size, end_.chain.seq);
    if (!found || (found->chain.torn && ::ftruncate(fd_->get(), found->size) != 0)) {
      fail(std::strerror(errno));
      return std::nullopt;
    }
    return found;
  }

  // As many as the disk takes whole, from the front, in one write. What is out of another is taken
  // back.
  std::size_t append(std::span<const std::string_view> records) {
    constexpr std::size_t kLink = 192;  // what the chain adds to a record
    std::size_t size = 0;
    for (const std::string_view fields : records) size += fields.size() + kLink;
    std::string bytes;
    bytes.reserve(size);
    std::vector<Placed> placed;
    placed.reserve(records.size() + 1);
    placed.push_back({0, end_.chain});
    for (const std::string_view fields : records) {
      const std::string line = render_line(fields, placed.back().end, format_);
      bytes += line;
      ChainEnd end = advanced(placed.back().end, line);
      placed.push_back({static_cast<off_t>(bytes.size()), std::move(end)});
    }
    std::size_t written = 0;
    if (!write_all(fd_->get(), bytes, written)) {
      fail(std::strerror(errno));
      while (placed.back().size > static_cast<off_t>(written)) placed.pop_back();
    }
    const std::size_t taken = placed.size() - 1;
    const off_t whole = placed.back().size;
    size_ += whole;
    if (taken > 0) {
      end_ = {std::move(placed.back().end), size_, whole - placed[taken - 1].size};
    }
    const bool part = static_cast<off_t>(written) > whole;
    if (part && ::ftruncate(fd_->get(), size_) != 0) size_ = kUnknown;
    if (taken == 0) return 0;
    if (unsealed_ == 0) unsealed_since_ = Clock::now();
    unsealed_ += taken;
    if (sealing_.key) flush_.mark(fd_);
    return taken;
  }

  fs::path path_;
  LockFile lock_file_;
  std::string weakness_;  // of the lock file, as the operator knows it
  Sealing sealing_;
  const LineFormat format_;
  fs::path kept_;
  SharedFd fd_;
  std::uint64_t unsealed_ = 0;
  Clock::time_point unsealed_since_;
  off_t size_ = kUnknown;
  ino_t inode_ = 0;
  dev_t device_ = 0;
  LogEnd end_;
  Finding finding_;  // not said in the log yet
  bool open_to_others_ = false;
  bool looked_ = false;
  bool another_ = false;  // the open file took another's place, and was not looked at yet
  bool fresh_ = false;    // it has no line of this gateway yet
  DiskFlush flush_;
};

SinkFault fault_at(const fs::path& path, const std::string& text) {
  return SinkFault{"audit: `" + path.string() + "`: " + text};
}

}  // namespace

std::variant<SinkFault, std::unique_ptr<AuditSink>> open_file_sink(const fs::path& path) {
  return open_signed_file_sink(path, {}, LineFormat::json);
}

std::variant<SinkFault, std::unique_ptr<AuditSink>> open_signed_file_sink(const fs::path& path,
                                                                          Sealing sealing,
                                                                          LineFormat format) {
  OpenedFile opened = open_append(path);
  if (opened.fd.get() < 0) {
    return fault_at(path, opened.fault + "; name another file under `audit.sinks`");
  }
  if (!opened.fault.empty()) return fault_at(path, opened.fault);
  if (!opened.is_regular()) {
    return open_stream_sink(path.string(), opened.fd.release(), format);
  }
  auto sink = std::make_unique<FileSink>(path, std::move(opened), std::move(sealing), format);
  if (!sink->look()) {
    return fault_at(path, sink->fault() +
                              "; end that program, or name another file under "
                              "`audit.sinks`");
  }
  return sink;
}

}  // namespace ssmgate::state
