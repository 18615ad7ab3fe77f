// Does a gateway's key vouch for the log? What the chain alone cannot show: that its end was cut
// off, or that all of it was written anew; and what the gateways themselves say is missing.
//
// Owns: holding checkpoints against keys, and the log against the checkpoint that was kept. Does
// not own: what is signed (state/audit_checkpoint), nor where keys are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/line_reader.hpp"
#include "audit/verify.hpp"
#include "state/audit_checkpoint.hpp"
#include "state/audit_key.hpp"

namespace ssmgate::audit {

// LIMIT: so many sayings are kept; of the others it is known how many there are.
inline constexpr std::size_t kMaxSaid = 20;

// What a gateway wrote about the log itself.
struct Said {
  Place where;
  std::string text;  // not fit for a terminal
};

struct CheckpointReport {
  std::uint64_t good = 0;        // signed by a key that is known
  std::uint64_t unknown = 0;     // by another
  std::uint64_t signed_seq = 0;  // the last record that a good one stands for; 0: none
  std::vector<Said> said;
  std::uint64_t more_said = 0;  // beyond kMaxSaid
  bool end_checked = false;     // the log was held against the checkpoint that was kept
  std::optional<ChainFault> fault;
};

class CheckpointCheck {
 public:
  // `kept` is the line that was kept beside a key; one that no key of `keys` signed says nothing.
  CheckpointCheck(const std::vector<state::AuditPublicKey>& keys, std::optional<std::string> kept);

  void begin_file() { ++files_; }
  void take(const Line& line);
  // `chain` is the same log's.
  [[nodiscard]] CheckpointReport finish(const ChainReport& chain);

 private:
  [[nodiscard]] bool is_signed(const state::Checkpoint& checkpoint) const;
  void take_checkpoint(const state::Checkpoint& checkpoint, Place place);
  void say(const Place& where, std::string text);
  // Why the log is not what the kept checkpoint stands for.
  [[nodiscard]] std::optional<ChainFault> hold_against_kept(const ChainReport& chain) const;

  const std::vector<state::AuditPublicKey>& keys_;
  std::optional<std::string> kept_;
  std::uint64_t kept_seq_ = 0;
  std::string kept_hash_;
  bool found_kept_ = false;
  std::optional<std::string> first_prev_;  // that the first record names
  std::optional<Place> instead_of_kept_;
  std::size_t files_ = 0;
  CheckpointReport report_;
};

}  // namespace ssmgate::audit
