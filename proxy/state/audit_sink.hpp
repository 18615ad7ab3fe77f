// Where audit lines go: a file that several gateways may share, or a stream.
#pragma once

#include <sys/types.h>

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
  // Looks at once whether the file of that name is another one now.
  virtual void reopen() {}

  // What the operator calls it: a path, or `standard output`.
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

struct SinkFault {
  std::string text;  // one line, with what to do
};

// The file is created with mode 0600 and its folder with 0700 when they are missing. A path that
// names a pipe or a device is a stream.
[[nodiscard]] std::variant<SinkFault, std::unique_ptr<AuditSink>> open_file_sink(
    const std::filesystem::path& path);

// Takes over `fd`, to which other processes may write too.
[[nodiscard]] std::unique_ptr<AuditSink> open_stream_sink(std::string name, int fd);

[[nodiscard]] std::unique_ptr<AuditSink> open_standard_output_sink();

}  // namespace ssmgate::state
