// The thread that writes to one sink, and what waits for it: a sink that hangs holds up no other.
//
// Owns: the sink, its queue, and what the operator is told about it.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>

#include "state/audit_entry.hpp"
#include "state/audit_sink.hpp"
#include "state/doorbell.hpp"

namespace ssmgate::state {

// LIMIT: 4,096 records wait for a sink at most; beyond that it does not take a record.
inline constexpr std::size_t kAuditBacklog = 4096;

// How one sink is, for whoever asks.
struct SinkState {
  std::string name;         // a path, `standard output`, a log server's address
  std::string trouble;      // why it takes no records; empty: it does
  std::size_t waiting = 0;  // records that it has not written yet
  // Since it was opened: records that it took, and those that it did not.
  std::uint64_t taken = 0;
  std::uint64_t lost = 0;
};

class AuditWriter {
 public:
  // The thread shares the writer: one that hangs in a write can be let go of.
  [[nodiscard]] static std::shared_ptr<AuditWriter> start(std::unique_ptr<AuditSink> sink,
                                                          std::chrono::milliseconds deadline);
  AuditWriter(std::unique_ptr<AuditSink> sink, std::chrono::milliseconds deadline);

  [[nodiscard]] const ChainEnd& found() const noexcept { return found_; }

  // Safe from any thread.
  [[nodiscard]] SinkState state() const;

  // The sink settles the entry, at once when too many wait. True: `bell` is to be rung, soon.
  [[nodiscard]] bool enqueue(const AuditEntryPtr& entry);
  [[nodiscard]] const std::shared_ptr<Doorbell>& bell() const noexcept { return bell_; }
  // A record was given up while this sink had it: tells the operator, once.
  void report_given_up();
  // The sink looks soon whether its file was moved.
  void reopen();

  // What waits is written, then the thread ends. Both from the owner's thread, in this order.
  void stop();
  void join_until(std::chrono::steady_clock::time_point until);

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  bool take(std::deque<AuditEntryPtr>& batch);
  void write(std::span<const AuditEntryPtr> group);
  std::size_t put(std::span<const std::string_view> records);
  bool put(std::string_view fields) { return put({&fields, 1}) == 1; }
  void lose(std::uint64_t records);
  void tend();
  bool pay();
  bool own_up();
  void note_hanging(Clock::time_point begun);
  void note_failing(const std::string& reason);
  void note_working();

  const std::unique_ptr<AuditSink> sink_;  // the thread's alone, but for its name
  const ChainEnd found_;
  const std::chrono::milliseconds deadline_;
  Clock::time_point tried_;       // the thread's alone: when the sink was last written to
  std::deque<std::string> owed_;  // the thread's alone: corrections that are not down yet

  // Records that this sink did not take, until a line of it says so.
  struct Loss {
    std::uint64_t records = 0;
    std::chrono::system_clock::time_point first, last;
    void add(std::uint64_t more, std::chrono::system_clock::time_point now);
  };

  // INVARIANT: rung after the mutex was let go of, or who wakes stands before it.
  const std::shared_ptr<Doorbell> bell_ = std::make_shared<Doorbell>();
  mutable std::mutex mutex_;
  std::deque<AuditEntryPtr> queue_;
  bool urgent_ = false;  // the queue holds a record that cannot linger
  bool asleep_ = false;  // the thread waits for any record
  Loss loss_;
  std::uint64_t taken_ = 0;
  std::uint64_t lost_ = 0;
  std::string trouble_;
  bool reopen_ = false;
  bool stopping_ = false;
  std::atomic<bool> ended_ = false;
  Doorbell end_;

  std::atomic<bool> failing_ = false;
  std::atomic<bool> let_go_ = false;
  std::atomic<Clock::time_point> writing_since_ = Clock::time_point::max();  // max: it does not
  std::thread thread_;
};

}  // namespace ssmgate::state
