// Where audit lines go: a file that several gateways may share, a stream, a log server.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "state/audit_chain.hpp"

namespace ssmgate::state {

// All of it, or false with errno; `written` says how far it came.
[[nodiscard]] bool write_all(int fd, std::string_view bytes, std::size_t& written);

// INVARIANT: used by one thread at a time.
class AuditSink {
 public:
  using Clock = std::chrono::steady_clock;

  explicit AuditSink(std::string name) : name_(std::move(name)) {}
  virtual ~AuditSink() = default;
  AuditSink(const AuditSink&) = delete;
  AuditSink& operator=(const AuditSink&) = delete;

  // Writes one whole line, the newline included, or nothing: `"seq":N,"prev":"…"` of this sink's
  // own chain is put behind `fields`. False when it could not, and `fault` says why; a part that
  // was written is taken back.
  [[nodiscard]] virtual bool write(std::string_view fields) = 0;
  // The same for several, in order and, where the sink can, all at once. How many were taken, from
  // the front; with fewer than all `fault` says why.
  [[nodiscard]] virtual std::size_t write_group(std::span<const std::string_view> records);
  // Looks at once whether what it goes by is another one now: the file of that name, a certificate.
  virtual void reopen() {}
  // What the sink does by itself, from `due` on: looks for a server that was gone.
  virtual void tend() {}
  [[nodiscard]] virtual Clock::time_point due() const { return Clock::time_point::max(); }

  // What the operator calls it: a path, `standard output`, a log server's address.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  // Why the last write took nothing.
  [[nodiscard]] const std::string& fault() const noexcept { return fault_; }
  // What the first look at the sink found.
  [[nodiscard]] const ChainEnd& found() const noexcept { return found_; }

 protected:
  bool fail(std::string fault) {
    fault_ = std::move(fault);
    return false;
  }

  ChainEnd found_;

 private:
  std::string name_;
  std::string fault_;
};

// A sink whose lines cannot be taken back or read again: its chain begins with the process.
class OneWaySink : public AuditSink {
 public:
  OneWaySink(std::string name, LineFormat format) : AuditSink(std::move(name)), format_(format) {}

  bool write(std::string_view fields) override;

 protected:
  // The whole line, its newline included, and the fields that it was made of. All or nothing.
  [[nodiscard]] virtual bool send(std::string_view line, std::string_view fields) = 0;

 private:
  const LineFormat format_;
  ChainEnd end_;
};

struct SinkFault {
  std::string text;  // one line, with what to do
};

// The file is created with mode 0600 and its folder with 0700 when they are missing. A path that
// names a pipe or a device is a stream.
[[nodiscard]] std::variant<SinkFault, std::unique_ptr<AuditSink>> open_file_sink(
    const std::filesystem::path& path);

// Takes over `fd`, to which other processes may write too.
[[nodiscard]] std::unique_ptr<AuditSink> open_stream_sink(std::string name, int fd,
                                                          LineFormat format = LineFormat::json);

[[nodiscard]] std::unique_ptr<AuditSink> open_standard_output_sink(
    LineFormat format = LineFormat::json);

}  // namespace ssmgate::state
