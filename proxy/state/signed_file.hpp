// The audit log of a gateway: its sinks, with files that are signed and flushed to the disk.
#pragma once

#include <filesystem>
#include <memory>
#include <variant>

#include "config/config.hpp"
#include "state/audit_key.hpp"
#include "state/audit_log.hpp"
#include "state/audit_sink.hpp"

namespace ssmgate::state {

// LIMIT: a checkpoint every 1,000 records, and before a record that comes a minute after the last.
inline constexpr std::uint64_t kSealRecords = 1000;
inline constexpr std::chrono::seconds kSealAfter{60};

// What signs a file, and where its last checkpoint is kept a second time.
struct Sealing {
  std::shared_ptr<const AuditKey> key;
  std::filesystem::path state;
};

// As open_file_sink, with checkpoints: what was found is signed at once, with words in its
// `message` when something was missing, and what was written is signed when the sink goes.
[[nodiscard]] std::variant<SinkFault, std::unique_ptr<AuditSink>> open_signed_file_sink(
    const std::filesystem::path& path, Sealing sealing, LineFormat format);

// Opens the sinks of `settings`; the key is in the folder `state`, and made there.
[[nodiscard]] std::variant<SinkFault, std::unique_ptr<AuditLog>> open_audit_log(
    const config::Audit& settings, const std::filesystem::path& state);

}  // namespace ssmgate::state
