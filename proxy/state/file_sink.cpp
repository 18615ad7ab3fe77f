// A regular file: one chain that outlives restarts, rotation, and is shared with other gateways.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include <spdlog/spdlog.h>

#include "state/audit_checkpoint.hpp"
#include "state/audit_sink.hpp"
#include "state/disk_flush.hpp"
#include "state/log_file.hpp"
#include "state/ocsf.hpp"
#include "state/signed_file.hpp"
#include "wire/refusal.hpp"

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
        sealing_(std::move(sealing)),
        format_(format),
        kept_(kept_checkpoint_file(sealing_.state, path_)) {
    take(std::move(opened));
  }
  ~FileSink() override {
    if (unsealed_ > 0) static_cast<void>(seal());
  }

  // The first look at the file.
  bool look() {
    const FileLock lock(fd_->get());
    if (!lock.held()) return fail(kLockedByAnother);
    if (!follow_the_open_one()) return false;
    found_ = end_;
    return !sealing_.key || sign_what_was_found();
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
        const FileLock lock(fd_->get());
        if (!lock.held()) return static_cast<void>(fail(kLockedByAnother));
        // One look at the path says both whether the open file is still there, and its size.
        struct stat named {};
        if (::stat(path_.c_str(), &named) == 0 && named.st_ino == inode_ &&
            named.st_dev == device_) {
          if (follow(named.st_size)) act();
          return;
        }
        // INVARIANT: the end is known before the file is left: the new one continues from there.
        if (!follow_the_open_one()) return;
      }
      OpenedFile opened = open_append(path_);
      if (opened.fault.empty() && !opened.is_regular()) opened.fault = "it is no longer a file";
      if (!opened.fault.empty()) return static_cast<void>(fail(std::move(opened.fault)));
      take(std::move(opened));
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

  bool seal() {
    bool sealed = false;
    if (sealing_.key) at_the_end([&] { sealed = append_checkpoint({}); });
    return sealed;
  }

  // The log against what was signed in the run before. Something missing is said in the log.
  bool sign_what_was_found() {
    const auto line = read_kept_checkpoint(kept_);
    if (!line) return true;
    const auto kept = parse_checkpoint(*line);
    if (!kept || !verify(*kept, sealing_.key->public_key())) {
      return append_checkpoint("the checkpoint in " + kept_.string() +
                               " is not by this gateway's key");
    }
    const std::string signed_one = std::to_string(kept->seq);
    if (end_.hash.empty()) {
      end_ = ChainEnd{kept->seq, sha256_hex(*line), false};
      return append_checkpoint(
          "the log of before is gone or was moved away; this one goes on "
          "behind record " +
          signed_one + ", the last that was signed");
    }
    if (end_.seq >= kept->seq) return true;
    return append_checkpoint("the log ended with record " + std::to_string(end_.seq) +
                             ", but record " + signed_one + " was signed: its end was cut off");
  }

  bool append_checkpoint(const std::string& message) {
    std::string fields = checkpoint_fields(*sealing_.key, end_, std::chrono::system_clock::now());
    if (fields.empty()) return fail("no checkpoint could be signed");
    if (!message.empty()) {
      fields += ",\"message\":\"" + wire::json_escape(message) + "\"";
      spdlog::warn("audit: `{}`: {}", path_.string(), message);
    }
    std::string line = render_line(fields, end_, format_);
    const std::string_view view = fields;
    if (append({&view, 1}) == 0) return false;
    unsealed_ = 0;
    line.pop_back();
    flush_.mark(fd_, KeptLine{kept_, std::move(line)});
    return true;
  }

  bool follow_the_open_one() {
    struct stat status {};
    if (::fstat(fd_->get(), &status) != 0) return fail(std::strerror(errno));
    return follow(status.st_size);
  }

  // Makes `end_` and `size_` those of the open file, which has `file_size`. An empty one continues
  // the chain.
  bool follow(off_t file_size) {
    if (file_size == size_) return true;
    // Another gateway has written since, or the file was cut, or it is a new one.
    if (file_size > 0) return read_end(file_size);
    size_ = 0;
    return true;
  }

  // The last whole line of the file; whatever stands behind it is cut off.
  bool read_end(off_t file_size) {
    const auto last = find_last_line(fd_->get(), file_size);
    if (!last) return fail(std::strerror(errno));
    ChainEnd end;
    end.torn = last->end < file_size;
    if (last->end > 0) {
      const auto link = find_link(last->text);
      end.seq = link ? link->seq : end_.seq;
      end.hash = sha256_hex(last->text);
    }
    if (end.torn && ::ftruncate(fd_->get(), last->end) != 0) return fail(std::strerror(errno));
    size_ = last->end;
    end_ = std::move(end);
    return true;
  }

  // As many as the disk takes whole, from the front, in one write. What is out of another is taken
  // back.
  std::size_t append(std::span<const std::string_view> records) {
    std::string bytes;
    std::vector<Placed> placed{{0, end_}};
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
    end_ = std::move(placed.back().end);
    const bool part = static_cast<off_t>(written) > whole;
    if (part && ::ftruncate(fd_->get(), size_) != 0) size_ = kUnknown;
    if (taken == 0) return 0;
    if (unsealed_ == 0) unsealed_since_ = Clock::now();
    unsealed_ += taken;
    if (sealing_.key) flush_.mark(fd_);
    return taken;
  }

  fs::path path_;
  Sealing sealing_;
  const LineFormat format_;
  fs::path kept_;
  SharedFd fd_;
  std::uint64_t unsealed_ = 0;
  Clock::time_point unsealed_since_;
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
