#include "state/audit_writer.hpp"

#include <utility>

#include <spdlog/spdlog.h>

#include "ssmgate/code.hpp"

namespace ssmgate::state {
namespace {

// A result may lie for that long, so that under load it is written with the next decision instead
// of costing a wake-up of its own.
constexpr std::chrono::milliseconds kLinger{5};

}  // namespace

std::shared_ptr<AuditWriter> AuditWriter::start(std::unique_ptr<AuditSink> sink,
                                                std::chrono::milliseconds deadline) {
  auto writer = std::make_shared<AuditWriter>(std::move(sink), deadline);
  writer->thread_ = std::thread([writer] { writer->run(); });
  return writer;
}

AuditWriter::AuditWriter(std::unique_ptr<AuditSink> sink, std::chrono::milliseconds deadline)
    : sink_(std::move(sink)), found_(sink_->found()), deadline_(deadline) {}

void AuditWriter::enqueue(const AuditEntryPtr& entry) {
  note_hanging(writing_since_.load());
  bool full = false;
  bool notify = false;
  {
    const std::lock_guard lock(mutex_);
    full = queue_.size() >= kAuditBacklog;
    if (full) loss_.add(std::chrono::system_clock::now());
    if (!full) {
      const bool hurries = !entry->can_linger() && !urgent_;
      notify = hurries || (asleep_ && queue_.empty());
      urgent_ = urgent_ || hurries;
      queue_.push_back(entry);
    }
  }
  if (full) entry->settle(false);
  if (notify) wake_.notify_one();
}

void AuditWriter::run() {
  std::deque<AuditEntryPtr> batch;
  while (!let_go_ && take(batch)) {
    for (const AuditEntryPtr& entry : batch) write(*entry);
    batch.clear();
  }
  if (!let_go_) static_cast<void>(pay());
  const std::lock_guard lock(mutex_);
  ended_ = true;
  end_.notify_all();
}

// Waits for records; false when it is time to end.
bool AuditWriter::take(std::deque<AuditEntryPtr>& batch) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, kLinger, [this] { return stopping_ || urgent_; });
  asleep_ = true;
  wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  asleep_ = false;
  urgent_ = false;
  batch.swap(queue_);
  return !batch.empty();
}

void AuditWriter::write(AuditEntry& entry) {
  if (let_go_) return;
  const bool wanted = entry.status() != AuditEntry::Status::given_up;
  const bool taken = wanted && pay() && put(entry.fields());
  if (!taken) {
    const std::lock_guard lock(mutex_);
    loss_.add(std::chrono::system_clock::now());
  }
  if (!wanted) return;
  const bool late = entry.settle(taken) == AuditEntry::Status::given_up;
  if (!taken || !late) return;
  if (auto correction = entry.correction()) owed_.push_back(std::move(*correction));
  static_cast<void>(pay());
}

void AuditWriter::Loss::add(std::chrono::system_clock::time_point now) {
  if (records++ == 0) first = now;
  last = now;
}

// What has to stand before the next record. False: the sink does not take it.
bool AuditWriter::pay() {
  while (!owed_.empty()) {
    if (!put(owed_.front())) return false;
    owed_.pop_front();
  }
  return own_up();
}

// Says in the log itself which records it lacks: a chain alone cannot show what never came to it.
bool AuditWriter::own_up() {
  Loss loss;
  {
    const std::lock_guard lock(mutex_);
    loss = std::exchange(loss_, Loss());
  }
  if (loss.records == 0) return true;
  AuditRecord record;
  record.event = Event::result;
  record.time = std::chrono::system_clock::now();
  record.decision = "error";
  record.code = ssmgate::name(Code::audit_unavailable);
  record.message = std::to_string(loss.records) + " records from " + render_time(loss.first) +
                   " to " + render_time(loss.last) + " were not taken here and are lost";
  if (put(render_fields(record))) {
    spdlog::warn("audit: `{}`: {}", sink_->name(), record.message);
    return true;
  }
  const std::lock_guard lock(mutex_);
  loss_.records += loss.records;
  loss_.first = loss.first;
  return false;
}

bool AuditWriter::put(std::string_view fields) {
  writing_since_ = Clock::now();
  const bool taken = sink_->write(fields);
  writing_since_ = Clock::time_point::max();
  if (taken) note_working();
  if (!taken) note_failing(sink_->fault());
  return taken;
}

void AuditWriter::report_given_up() {
  const Clock::time_point begun = writing_since_.load();
  if (begun == Clock::time_point::max()) return;
  note_failing("a record was not taken within " + std::to_string(deadline_.count()) + " ms");
}

// A sink that never answers cannot say so itself.
void AuditWriter::note_hanging(Clock::time_point begun) {
  if (failing_ || begun == Clock::time_point::max()) return;
  if (Clock::now() - begun >= deadline_) report_given_up();
}

void AuditWriter::note_failing(const std::string& reason) {
  if (let_go_ || failing_.exchange(true)) return;
  {
    const std::lock_guard lock(mutex_);
    trouble_ = reason;
  }
  spdlog::error("audit: `{}` takes no records: {}", sink_->name(), reason);
}

void AuditWriter::note_working() {
  if (let_go_ || !failing_ || !failing_.exchange(false)) return;
  // A warning, because it ends one: a log that leaves notices out has to show both.
  spdlog::warn("audit: `{}` takes records again", sink_->name());
}

std::string AuditWriter::trouble() const {
  const std::lock_guard lock(mutex_);
  return failing_ ? trouble_ : std::string();
}

std::size_t AuditWriter::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void AuditWriter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
}

void AuditWriter::join_until(std::chrono::steady_clock::time_point until) {
  bool ended = false;
  {
    std::unique_lock lock(mutex_);
    ended = end_.wait_until(lock, until, [this] { return ended_; });
  }
  if (ended) {
    thread_.join();
    return;
  }
  spdlog::error("audit: `{}` hangs: the records that wait for it are lost", sink_->name());
  let_go_ = true;
  thread_.detach();
}

}  // namespace ssmgate::state
