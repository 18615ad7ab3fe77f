#include "audit/checkpoints.hpp"

#include <algorithm>

#include "audit/record_view.hpp"
#include "state/audit_chain.hpp"

namespace ssmgate::audit {
namespace {

// The line in which a sink owns up to records that it lacks; nothing for any other.
std::optional<std::string> find_loss(std::string_view line) {
  constexpr std::string_view kWords = " not taken here and ";
  if (line.find(kWords) == std::string_view::npos) return std::nullopt;
  const auto record = scan_record(line);
  const bool own = record && record->text(Field::event) == "result" &&
                   record->text(Field::code) == "audit-unavailable" &&
                   !record->has(Field::request_id);
  return own ? std::optional(record->text(Field::message)) : std::nullopt;
}

}  // namespace

CheckpointCheck::CheckpointCheck(const std::vector<state::AuditPublicKey>& keys,
                                 std::optional<std::string> kept)
    : keys_(keys) {
  const auto checkpoint = kept ? state::parse_checkpoint(*kept) : std::nullopt;
  if (!checkpoint || !is_signed(*checkpoint)) return;
  kept_ = std::move(kept);
  kept_seq_ = checkpoint->seq;
  kept_hash_ = state::sha256_hex(*kept_);
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
  if (!first_prev_) first_prev_ = link->prev;
  if (kept_ && link->seq == kept_seq_) {
    found_kept_ = found_kept_ || line.text == *kept_;
    if (!instead_of_kept_) instead_of_kept_ = place;
  }
  if (const auto checkpoint = state::parse_checkpoint(line.text)) {
    place.time = checkpoint->time;
    take_checkpoint(*checkpoint, std::move(place));
  } else if (auto loss = find_loss(line.text)) {
    say(place, std::move(*loss));
  }
}

void CheckpointCheck::take_checkpoint(const state::Checkpoint& checkpoint, Place place) {
  if (is_signed(checkpoint)) {
    ++report_.good;
    report_.signed_seq = std::max(report_.signed_seq, checkpoint.seq);
  } else if (std::any_of(keys_.begin(), keys_.end(), [&](const state::AuditPublicKey& key) {
               return key.id() == checkpoint.key;
             })) {
    if (report_.fault) return;
    report_.fault = ChainFault{Damage::changed, std::move(place),
                               "this checkpoint is not what the key " + checkpoint.key + " signed"};
    return;
  } else {
    ++report_.unknown;
  }
  if (checkpoint.message.empty()) return;
  say(place, checkpoint.message);
  // Whoever's key it is: nobody gains by a forged alarm.
  if (checkpoint.decision != "error" || report_.fault) return;
  report_.fault =
      ChainFault{Damage::reported, std::move(place), "the gateway found: " + checkpoint.message};
}

void CheckpointCheck::say(const Place& where, std::string text) {
  if (report_.said.size() < kMaxSaid) {
    report_.said.push_back({where, std::move(text)});
  } else {
    ++report_.more_said;
  }
}

std::optional<ChainFault> CheckpointCheck::hold_against_kept(const ChainReport& chain) const {
  const std::string signed_text = "record " + std::to_string(kept_seq_);
  if (!chain.first || !chain.last) {
    return ChainFault{Damage::removed, Place{0, 1, 0, {}},
                      "there is no record here, but the gateway signed " + signed_text +
                          "; name the older files as well"};
  }
  if (chain.last->seq < kept_seq_) {
    return ChainFault{Damage::removed, *chain.last,
                      "its end was cut off: the gateway signed " + signed_text + ", and record " +
                          std::to_string(chain.last->seq) +
                          " is the last one here; name the newer files as well, if there are any"};
  }
  if (instead_of_kept_) {
    return ChainFault{
        Damage::changed, *instead_of_kept_,
        "this is not the " + signed_text + " that the gateway signed: the log was written anew"};
  }
  if (chain.first->seq == kept_seq_ + 1 && first_prev_ == kept_hash_) return std::nullopt;
  if (chain.first->seq == kept_seq_ + 1) {
    return ChainFault{Damage::changed, *chain.first,
                      "this does not follow the " + signed_text +
                          " that the gateway signed: the log was written anew"};
  }
  return ChainFault{Damage::removed, *chain.first,
                    signed_text +
                        ", which the gateway signed, is not here, and nothing shows that "
                        "these records follow it; name the older files as well"};
}

CheckpointReport CheckpointCheck::finish(const ChainReport& chain) {
  report_.end_checked = kept_.has_value();
  if (kept_ && !found_kept_ && !(report_.fault && report_.fault->damage != Damage::reported)) {
    if (auto fault = hold_against_kept(chain)) report_.fault = std::move(fault);
  }
  return std::move(report_);
}

}  // namespace ssmgate::audit
