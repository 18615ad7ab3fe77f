// Does a gateway's key vouch for the log? What the chain alone cannot show: that its end was cut
// off, or that all of it was written anew.
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

struct CheckpointReport {
  std::uint64_t good = 0;        // signed by a key that is known
  std::uint64_t unknown = 0;     // by another
  std::uint64_t signed_seq = 0;  // the last record that a good one stands for; 0: none
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

  const std::vector<state::AuditPublicKey>& keys_;
  std::optional<std::string> kept_;
  std::uint64_t kept_seq_ = 0;
  bool found_kept_ = false;
  std::optional<Place> instead_of_kept_;
  std::size_t files_ = 0;
  CheckpointReport report_;
};

}  // namespace ssmgate::audit
