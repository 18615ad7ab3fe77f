#include "state/audit_writer.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "ssmgate/code.hpp"

namespace ssmgate::state {
namespace {

// A result may lie for that long, so that under load it is written with the next decision instead
// of costing a wake-up of its own.
constexpr std::chrono::milliseconds kLinger{5};

// LIMIT: so many records are written and settled together: about a millisecond's work, which is
// what the first of them waits for the last.
constexpr std::size_t kGroup = 128;

// LIMIT: a sink that fails is tried so often without a record: whoever waits for it to work again
// may be sending none.
constexpr std::chrono::seconds kRetry{2};

}  // namespace

std::shared_ptr<AuditWriter> AuditWriter::start(std::unique_ptr<AuditSink> sink,
                                                std::chrono::milliseconds deadline) {
  auto writer = std::make_shared<AuditWriter>(std::move(sink), deadline);
  writer->thread_ = std::thread([writer] { writer->run(); });
  return writer;
}

AuditWriter::AuditWriter(std::unique_ptr<AuditSink> sink, std::chrono::milliseconds deadline)
    : sink_(std::move(sink)), found_(sink_->found()), deadline_(deadline) {}

bool AuditWriter::enqueue(const AuditEntryPtr& entry) {
  note_hanging(writing_since_.load());
  bool full = false;
  bool notify = false;
  {
    const std::lock_guard lock(mutex_);
    full = queue_.size() >= kAuditBacklog;
    if (full) {
      ++lost_;
      loss_.add(1, std::chrono::system_clock::now());
    }
    if (!full) {
      const bool hurries = !entry->can_linger();
      notify = hurries || (asleep_ && queue_.empty());
      urgent_ = urgent_ || hurries;
      queue_.push_back(entry);
    }
  }
  if (full) entry->settle(false);
  return notify;
}

void AuditWriter::run() {
  std::deque<AuditEntryPtr> queued;
  while (!let_go_ && take(queued)) {
    const std::vector<AuditEntryPtr> batch(queued.begin(), queued.end());
    queued.clear();
    for (std::size_t at = 0; at < batch.size(); at += kGroup) {
      write(std::span(batch).subspan(at, std::min(kGroup, batch.size() - at)));
    }
    tend();
  }
  if (!let_go_) static_cast<void>(pay());
  ended_ = true;
  end_.ring();
}

// Waits for records, or for something else to do; false when it is time to end.
bool AuditWriter::take(std::deque<AuditEntryPtr>& batch) {
  const Clock::time_point begun = Clock::now();
  const Clock::time_point until = std::min(sink_->due(), begun + kRetry);
  const Clock::time_point linger = std::min(begun + kLinger, until);
  for (;;) {
    const Clock::time_point now = Clock::now();
    {
      const std::lock_guard lock(mutex_);
      asleep_ = now >= linger;
      const bool due = asleep_ && !queue_.empty();
      if (due || urgent_ || stopping_ || reopen_ || now >= until) {
        asleep_ = urgent_ = false;
        batch.swap(queue_);
        return !stopping_ || !batch.empty();
      }
    }
    bell_->sleep_until(now >= linger ? until : linger);
  }
}

// What is to be done without a record.
void AuditWriter::tend() {
  bool reopen = false;
  {
    const std::lock_guard lock(mutex_);
    reopen = std::exchange(reopen_, false);
  }
  if (let_go_) return;
  if (reopen) sink_->reopen();
  if (Clock::now() >= sink_->due()) sink_->tend();
  // What failed is a loss to own up to: saying so is the trial. Without a loss it did not fail: it
  // was only late.
  if (failing_ && (reopen || Clock::now() - tried_ >= kRetry) && pay()) note_working();
}

void AuditWriter::write(std::span<const AuditEntryPtr> group) {
  if (let_go_) return;
  std::vector<AuditEntry*> wanted;
  std::vector<std::string_view> records;
  wanted.reserve(group.size());
  records.reserve(group.size());
  for (const AuditEntryPtr& entry : group) {
    if (entry->status() == AuditEntry::Status::given_up) continue;
    wanted.push_back(entry.get());
    records.emplace_back(entry->fields());
  }
  lose(group.size() - wanted.size());
  if (wanted.empty()) return;
  const std::size_t taken = pay() ? put(records) : 0;
  lose(wanted.size() - taken);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const bool late = wanted[i]->settle(i < taken) == AuditEntry::Status::given_up;
    if (!late || i >= taken) continue;
    if (auto correction = wanted[i]->correction()) owed_.push_back(std::move(*correction));
  }
  if (!owed_.empty()) static_cast<void>(pay());
}

void AuditWriter::lose(std::uint64_t records) {
  if (records == 0) return;
  const std::lock_guard lock(mutex_);
  lost_ += records;
  loss_.add(records, std::chrono::system_clock::now());
}

void AuditWriter::Loss::add(std::uint64_t more, std::chrono::system_clock::time_point now) {
  if (records == 0) first = now;
  records += more;
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
  record.message = std::to_string(loss.records);
  record.message += loss.records == 1 ? " record from " : " records from ";
  record.message += render_time(loss.first) + " to " + render_time(loss.last);
  record.message +=
      loss.records == 1 ? " was not taken here and is lost" : " were not taken here and are lost";
  if (put(render_fields(record))) {
    spdlog::warn("audit: `{}`: {}", sink_->name(), record.message);
    return true;
  }
  const std::lock_guard lock(mutex_);
  if (loss_.records == 0) loss_.last = loss.last;
  loss_.records += loss.records;
  loss_.first = loss.first;
  return false;
}

std::size_t AuditWriter::put(std::span<const std::string_view> records) {
  tried_ = Clock::now();
  writing_since_ = tried_;
  const std::size_t taken = sink_->write_group(records);
  writing_since_ = Clock::time_point::max();
  {
    const std::lock_guard lock(mutex_);
    taken_ += taken;
  }
  if (taken == records.size()) note_working();
  if (taken < records.size()) note_failing(sink_->fault());
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

SinkState AuditWriter::state() const {
  SinkState state;
  state.name = sink_->name();
  const std::lock_guard lock(mutex_);
  if (failing_) state.trouble = trouble_;
  state.waiting = queue_.size();
  state.taken = taken_;
  state.lost = lost_;
  return state;
}

void AuditWriter::reopen() {
  {
    const std::lock_guard lock(mutex_);
    reopen_ = true;
  }
  bell_->ring();
}

void AuditWriter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  bell_->ring();
}

void AuditWriter::join_until(std::chrono::steady_clock::time_point until) {
  while (!ended_ && Clock::now() < until) end_.sleep_until(until);
  const bool ended = ended_;
  if (ended) {
    thread_.join();
    return;
  }
  spdlog::error("audit: `{}` hangs: the records that wait for it are lost", sink_->name());
  let_go_ = true;
  thread_.detach();
}

}  // namespace ssmgate::state
