#include "state/audit_log.hpp"

#include <boost/asio/this_coro.hpp>

#include "state/turn_end.hpp"

namespace ssmgate::state {
namespace asio = boost::asio;
namespace {

// The waiter may be destroyed while it waits, by its connection or its executor: then nothing has
// gone up either.
class EndWait {
 public:
  explicit EndWait(AuditEntry& entry) : entry_(entry) {}
  ~EndWait() { entry_.end_wait(); }
  EndWait(const EndWait&) = delete;
  EndWait& operator=(const EndWait&) = delete;

 private:
  AuditEntry& entry_;
};

}  // namespace

AuditLog::AuditLog(std::vector<std::unique_ptr<AuditSink>> sinks,
                   std::chrono::milliseconds deadline)
    : deadline_(deadline) {
  for (auto& sink : sinks) writers_.push_back(AuditWriter::start(std::move(sink), deadline));
}

AuditLog::~AuditLog() {
  for (const auto& writer : writers_) writer->stop();
  const auto until = std::chrono::steady_clock::now() + kAuditDeadline;
  for (const auto& writer : writers_) writer->join_until(until);
}

asio::awaitable<bool> AuditLog::write(const AuditRecord& record, WhenLost when_lost) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto entry = std::make_shared<AuditEntry>(record, writers_.size(), when_lost, executor);
  const EndWait guard(*entry);
  const auto begun = std::chrono::steady_clock::now();
  for (const auto& writer : writers_) {
    if (writer->enqueue(entry)) TurnEnd::ring(executor, writer->bell());
  }
  const bool told = co_await entry->wait(deadline_);
  static_cast<void>(told);  // the status says more
  const AuditEntry::Status status = entry->end_wait();
  if (status == AuditEntry::Status::given_up) {
    for (const auto& writer : writers_) writer->report_given_up();
  }
  const bool recorded = status == AuditEntry::Status::written;
  if (watch_) {
    const bool refused = !recorded && when_lost == WhenLost::refused;
    watch_->note_waited(record, std::chrono::steady_clock::now() - begun, recorded, refused);
  }
  co_return recorded;
}

void AuditLog::post(const AuditRecord& record) {
  if (watch_) watch_->note(record);
  const auto entry = std::make_shared<AuditEntry>(record, writers_.size());
  for (const auto& writer : writers_) {
    if (writer->enqueue(entry)) writer->bell()->ring();
  }
}

bool AuditLog::found_torn_line() const noexcept {
  for (const auto& writer : writers_) {
    if (writer->found().torn) return true;
  }
  return false;
}

std::vector<SinkState> AuditLog::sinks() const {
  std::vector<SinkState> states;
  for (const auto& writer : writers_) states.push_back(writer->state());
  return states;
}

void AuditLog::reopen() {
  for (const auto& writer : writers_) writer->reopen();
}

}  // namespace ssmgate::state
