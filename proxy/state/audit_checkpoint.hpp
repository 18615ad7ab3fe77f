// A checkpoint: a line of the audit log that signs all lines before it, and is kept a second time
// beside the key, so that a log whose end was cut off is noticed.
//
// Owns: what is signed and how it is written. Does not own: when (audit_sink.hpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "state/audit_chain.hpp"
#include "state/audit_key.hpp"

namespace ssmgate::state {

// What a gateway found about a log as it came to it.
struct Finding {
  std::string text;     // one line of ASCII without quotes or backslashes; empty: nothing
  bool damage = false;  // records are missing, or are not those that were written
};

struct Checkpoint {
  std::uint64_t seq = 0;  // of the checkpoint itself
  std::string prev;       // hash of the line before: the chain makes it stand for all of them
  std::string time;       // RFC 3339
  std::string decision;   // `error`: the message tells of damage; else empty
  std::string message;    // most often empty
  std::string key;        // the id of the key
  std::string signature;  // hex
};

// The bytes that are signed:
//
//   ssmgate audit checkpoint\n SEQ \n PREV \n TIME \n      (without the blanks)
//
// and behind them DECISION \n and MESSAGE \n, where the line has them.
[[nodiscard]] std::string signed_text(const Checkpoint& checkpoint);

// The fields of the line that follows `end`: `"time":…,"event":"checkpoint","key":…`.
// Empty only when OpenSSL fails.
[[nodiscard]] std::string checkpoint_fields(const AuditKey& key, const ChainEnd& end,
                                            std::chrono::system_clock::time_point now,
                                            const Finding& finding = {});

// Absent when the line, without its newline, is no checkpoint. Either format.
[[nodiscard]] std::optional<Checkpoint> parse_checkpoint(std::string_view line);

[[nodiscard]] inline bool verify(const Checkpoint& checkpoint, const AuditPublicKey& key) {
  return checkpoint.key == key.id() && key.verify(signed_text(checkpoint), checkpoint.signature);
}

// Where the last checkpoint of a log is kept a second time: `checkpoints/NAME-DIGITS` of `state`,
// the digits from the log's whole path.
[[nodiscard]] std::filesystem::path kept_checkpoint_file(const std::filesystem::path& state,
                                                         const std::filesystem::path& log);
// The line as it stands in the log, without its newline.
[[nodiscard]] std::optional<std::string> read_kept_checkpoint(const std::filesystem::path& file);
// False when it could not be written; the one before is still there then.
[[nodiscard]] bool keep_checkpoint(const std::filesystem::path& file, std::string_view line);

}  // namespace ssmgate::state
