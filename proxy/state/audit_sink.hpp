// Where audit lines go: a file that several gateways may share, or standard output.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace ssmgate::state {

// The end of the chain: what the next line follows.
struct ChainEnd {
  std::uint64_t seq = 0;  // of the last line; 0: there is none
  std::string hash;       // lower-case hex SHA-256 of that line without its newline
  bool torn = false;      // an unfinished line behind it was cut off
};

[[nodiscard]] std::string sha256_hex(std::string_view text);

class AuditSink {
 public:
  virtual ~AuditSink() = default;
  AuditSink() = default;
  AuditSink(const AuditSink&) = delete;
  AuditSink& operator=(const AuditSink&) = delete;

  // Writes one whole line, the newline included, or nothing: `"seq":N,"prev":"…"` of this sink's
  // own chain is put behind `fields`. False when it could not; a part that was written is taken
  // back.
  [[nodiscard]] virtual bool write(std::string_view fields) = 0;
  // What the first look at the sink found.
  [[nodiscard]] virtual const ChainEnd& found() const noexcept = 0;
};

struct SinkFault {
  std::string text;  // one line, with what to do
};

// The file is created with mode 0600 and its folder with 0700 when they are missing.
[[nodiscard]] std::variant<SinkFault, std::unique_ptr<AuditSink>> open_file_sink(
    const std::filesystem::path& path);

[[nodiscard]] std::unique_ptr<AuditSink> open_standard_output_sink();

}  // namespace ssmgate::state
