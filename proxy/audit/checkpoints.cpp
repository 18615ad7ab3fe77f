#include "audit/checkpoints.hpp"

#include <algorithm>

#include "state/audit_chain.hpp"

namespace ssmgate::audit {

CheckpointCheck::CheckpointCheck(const std::vector<state::AuditPublicKey>& keys,
                                 std::optional<std::string> kept)
    : keys_(keys) {
  const auto checkpoint = kept ? state::parse_checkpoint(*kept) : std::nullopt;
  if (!checkpoint || !is_signed(*checkpoint)) return;
  kept_ = std::move(kept);
  kept_seq_ = checkpoint->seq;
}

bool CheckpointCheck::is_signed(const state::Checkpoint& checkpoint) const {
  return std::any_of(keys_.begin(), keys_.end(), [&](const state::AuditPublicKey& key) {
    return state::verify(checkpoint, key);
  });
}

void CheckpointCheck::take(const Line& line) {
  if (!line.ended || line.too_long) return;
  const auto link = state::find_link(line.text);
  if (!link) return;
  Place place{files_ == 0 ? 0 : files_ - 1, line.number, link->seq, {}};
  if (kept_ && link->seq == kept_seq_) {
    found_kept_ = found_kept_ || line.text == *kept_;
    if (!instead_of_kept_) instead_of_kept_ = place;
  }
  const auto checkpoint = state::parse_checkpoint(line.text);
  if (!checkpoint) return;
  if (is_signed(*checkpoint)) {
    ++report_.good;
    report_.signed_seq = std::max(report_.signed_seq, link->seq);
    return;
  }
  const bool ours = std::any_of(keys_.begin(), keys_.end(), [&](const state::AuditPublicKey& key) {
    return key.id() == checkpoint->key;
  });
  if (!ours) ++report_.unknown;
  if (!ours || report_.fault) return;
  place.time = checkpoint->time;
  report_.fault = ChainFault{Damage::changed, std::move(place),
                             "this checkpoint is not what the key " + checkpoint->key + " signed"};
}

CheckpointReport CheckpointCheck::finish(const ChainReport& chain) {
  const std::string signed_text = "record " + std::to_string(kept_seq_);
  const bool judged = report_.fault || !kept_ || found_kept_;
  if (!judged && !chain.last) {
    report_.fault = ChainFault{Damage::removed, Place{0, 1, 0, {}},
                               "there is no record here, but the gateway signed " + signed_text +
                                   "; name the older files as well"};
  } else if (!judged && chain.last->seq < kept_seq_) {
    report_.fault =
        ChainFault{Damage::removed, *chain.last,
                   "its end was cut off: the gateway signed " + signed_text + ", and record " +
                       std::to_string(chain.last->seq) + " is the last one here"};
  } else if (!judged && instead_of_kept_) {
    report_.fault = ChainFault{
        Damage::changed, *instead_of_kept_,
        "this is not the " + signed_text + " that the gateway signed: the log was written anew"};
  }
  return std::move(report_);
}

}  // namespace ssmgate::audit
