// Standard output, a pipe or a device: what is out cannot be taken back, and its chain begins with
// the process.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "state/audit_sink.hpp"
#include "state/file_lock.hpp"

namespace ssmgate::state {
namespace {

class StreamSink : public OneWaySink {
 public:
  StreamSink(std::string name, int fd, LineFormat format)
      : OneWaySink(std::move(name), format), fd_(fd) {}

 protected:
  bool send(std::string_view line, std::string_view) override {
    // The line after one of which a part is out begins on a line of its own.
    std::size_t written = 0;
    const std::string bytes = torn_ ? "\n" + std::string(line) : std::string();
    if (!write_all(fd_, torn_ ? bytes : line, written)) {
      torn_ = torn_ || written > 0;
      return fail(std::strerror(errno));
    }
    torn_ = false;
    return true;
  }

 private:
  int fd_;
  bool torn_ = false;
};

class SharedStreamSink final : public StreamSink {
 public:
  SharedStreamSink(std::string name, OwnedFd fd, LineFormat format)
      : StreamSink(std::move(name), fd.get(), format), fd_(std::move(fd)) {}

 protected:
  bool send(std::string_view line, std::string_view fields) override {
    // A device has its own order, and anybody may lock /dev/null.
    if (is_device_) return StreamSink::send(line, fields);
    const FileLock lock(fd_.get());
    if (!lock.held()) return fail(kLockedByAnother);
    return StreamSink::send(line, fields);
  }

 private:
  static bool is_device(int fd) {
    struct stat status {};
    return ::fstat(fd, &status) == 0 && S_ISCHR(status.st_mode);
  }

  OwnedFd fd_;
  const bool is_device_ = is_device(fd_.get());
};

}  // namespace

std::unique_ptr<AuditSink> open_stream_sink(std::string name, int fd, LineFormat format) {
  return std::make_unique<SharedStreamSink>(std::move(name), OwnedFd(fd), format);
}

std::unique_ptr<AuditSink> open_standard_output_sink(LineFormat format) {
  return std::make_unique<StreamSink>("standard output", STDOUT_FILENO, format);
}

}  // namespace ssmgate::state
