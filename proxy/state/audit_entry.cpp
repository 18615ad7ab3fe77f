#include "state/audit_entry.hpp"

#include "ssmgate/code.hpp"

namespace ssmgate::state {
namespace asio = boost::asio;

AuditEntry::AuditEntry(const AuditRecord& record, std::size_t sinks)
    : fields_(render_fields(record)),
      can_linger_(record.event == Event::result),
      undecided_(sinks) {}

AuditEntry::AuditEntry(const AuditRecord& record, std::size_t sinks, WhenLost when_lost,
                       const asio::any_io_executor& executor)
    : fields_(render_fields(record)),
      request_id_(record.request_id),
      can_linger_(false),
      when_lost_(when_lost),
      undecided_(sinks),
      reply_(std::in_place, executor) {}

AuditEntry::Status AuditEntry::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

AuditEntry::Status AuditEntry::settle(bool taken) {
  const std::lock_guard lock(mutex_);
  --undecided_;
  if (status_ != Status::waiting || (!taken && undecided_ > 0)) return status_;
  status_ = taken ? Status::written : Status::failed;
  if (reply_) reply_->tell(shared_from_this());
  return status_;
}

std::optional<std::string> AuditEntry::correction() const {
  if (when_lost_ == WhenLost::proceeds) return std::nullopt;
  AuditRecord record;
  record.event = Event::result;
  record.time = std::chrono::system_clock::now();
  record.request_id = request_id_;
  record.decision = "error";
  record.effect = "refuse";
  record.code = name(Code::audit_unavailable);
  record.message =
      "the request was refused: the record of its decision was written too late to relay it";
  return render_fields(record);
}

AuditEntry::Status AuditEntry::end_wait() {
  const std::lock_guard lock(mutex_);
  if (status_ == Status::waiting) status_ = Status::given_up;
  reply_->end();
  return status_;
}

}  // namespace ssmgate::state
