// One record on its way to the sinks, and the coroutine that may wait for it.
//
// Owns: who decides whether the record counts as taken. Does not own: queues or sinks.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "state/audit_record.hpp"
#include "state/reply.hpp"

namespace ssmgate::state {

// What becomes of a request whose record no sink has taken in time.
enum class WhenLost : std::uint8_t { refused, proceeds };

// INVARIANT: waiting → written | failed by the sinks, waiting → given_up by the waiter; whoever
// moves it first has decided.
class AuditEntry : public std::enable_shared_from_this<AuditEntry> {
 public:
  enum class Status : std::uint8_t { waiting, written, failed, given_up };

  AuditEntry(const AuditRecord& record, std::size_t sinks);
  // With someone who waits, on `executor`.
  AuditEntry(const AuditRecord& record, std::size_t sinks, WhenLost when_lost,
             const boost::asio::any_io_executor& executor);

  [[nodiscard]] const std::string& fields() const noexcept { return fields_; }
  // A record that need not be down before anything else happens.
  [[nodiscard]] bool can_linger() const noexcept { return can_linger_; }

  [[nodiscard]] Status status() const;
  // For each sink once: whether it took the record. The status after it.
  Status settle(bool taken);
  // The record says that the request went up, but it was refused. What has to stand behind it.
  [[nodiscard]] std::optional<std::string> correction() const;

  // For the waiter, on its executor: until it is decided, or `deadline` is over.
  [[nodiscard]] boost::asio::awaitable<bool> wait(std::chrono::milliseconds deadline) {
    return reply_->wait(deadline);
  }
  // The wait is over: what was not decided is given up.
  Status end_wait();

 private:
  const std::string fields_;
  const std::string request_id_;
  const bool can_linger_;
  const WhenLost when_lost_ = WhenLost::proceeds;

  mutable std::mutex mutex_;
  Status status_ = Status::waiting;
  std::size_t undecided_;  // sinks that have not settled
  std::optional<Reply> reply_;
};
using AuditEntryPtr = std::shared_ptr<AuditEntry>;

}  // namespace ssmgate::state
