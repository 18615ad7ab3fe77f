// Standard output, a pipe or a device: what is out cannot be taken back, and its chain begins with
// the process.
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "state/audit_sink.hpp"
#include "state/file_lock.hpp"

namespace ssmgate::state {
namespace {

class StreamSink : public AuditSink {
 public:
  StreamSink(std::string name, int fd) : AuditSink(std::move(name)), fd_(fd) {}

  bool write(std::string_view fields) override {
    const std::string line = chained_line(fields, end_);
    // The line after one of which a part is out begins on a line of its own.
    std::size_t written = 0;
    const std::string bytes = torn_ ? "\n" + line : line;
    if (!write_all(fd_, bytes, written)) {
      torn_ = torn_ || written > 0;
      return fail(std::strerror(errno));
    }
    torn_ = false;
    end_ = advanced(end_, line);
    return true;
  }

 private:
  int fd_;
  bool torn_ = false;
  ChainEnd end_;
};

class SharedStreamSink final : public StreamSink {
 public:
  SharedStreamSink(std::string name, OwnedFd fd)
      : StreamSink(std::move(name), fd.get()), fd_(std::move(fd)) {}

  bool write(std::string_view fields) override {
    const FileLock lock(fd_.get());
    if (!lock.held()) return fail(kLockedByAnother);
    return StreamSink::write(fields);
  }

 private:
  OwnedFd fd_;
};

}  // namespace

std::unique_ptr<AuditSink> open_stream_sink(std::string name, int fd) {
  return std::make_unique<SharedStreamSink>(std::move(name), OwnedFd(fd));
}

std::unique_ptr<AuditSink> open_standard_output_sink() {
  return std::make_unique<StreamSink>("standard output", STDOUT_FILENO);
}

}  // namespace ssmgate::state
