// Standard output, a pipe or a device.
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "state/audit_sink.hpp"
#include "state/file_lock.hpp"

namespace ssmgate::state {
namespace {

class StreamSink : public OneWaySink {
 public:
  StreamSink(std::string name, int fd, SinkSetup setup)
      : OneWaySink(std::move(name), std::move(setup)), fd_(fd) {}

 protected:
  bool send(std::string_view line, std::string_view) override {
    // The line after one of which a part is out begins on a line of its own.
    std::size_t written = 0;
    const bool whole =
        torn_ ? write_all(fd_, "\n" + std::string(line), written) : write_all(fd_, line, written);
    if (!whole) {
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
  SharedStreamSink(std::string name, OwnedFd fd, SinkSetup setup)
      : StreamSink(std::move(name), fd.get(), std::move(setup)), fd_(std::move(fd)) {}

 protected:
  bool send(std::string_view line, std::string_view fields) override {
    const FileLock lock(fd_.get());
    if (!lock.held()) return fail(kLockedByAnother);
    return StreamSink::send(line, fields);
  }

 private:
  OwnedFd fd_;
};

}  // namespace

std::unique_ptr<AuditSink> open_stream_sink(std::string name, int fd, SinkSetup setup) {
  return std::make_unique<SharedStreamSink>(std::move(name), OwnedFd(fd), std::move(setup));
}

std::unique_ptr<AuditSink> open_standard_output_sink(SinkSetup setup) {
  return std::make_unique<StreamSink>("standard output", STDOUT_FILENO, std::move(setup));
}

}  // namespace ssmgate::state
