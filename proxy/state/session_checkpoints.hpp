// Brings what the session store's log holds into its database, beside the thread that writes: a
// checkpoint waits for the disk, seconds where that is slow or shared, and nobody's session is to
// wait for that.
//
// Owns: the thread that does it, and when it is due. Does not own: the database.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "state/doorbell.hpp"
#include "state/session_database.hpp"

namespace ssmgate::state {

class SessionCheckpoints {
 public:
  // LIMIT: pages of the log from one checkpoint to the next, 8 MB.
  static constexpr int kEvery = 2000;
  // LIMIT: where the disk takes less than what comes, the writer waits for it: 32 MB.
  static constexpr int kMost = 8'000;

  explicit SessionCheckpoints(SessionDatabase& database)
      : database_(database), thread_([this] { run(); }) {}
  ~SessionCheckpoints() { close(); }
  SessionCheckpoints(const SessionCheckpoints&) = delete;
  SessionCheckpoints& operator=(const SessionCheckpoints&) = delete;

  // By the writer's thread, after it has written.
  void written();
  // Waits for one that is under way. Idempotent; by the owner's thread, after the writer's.
  void close();

 private:
  void run();

  SessionDatabase& database_;
  int next_ = kEvery;     // the writer's: how many pages there are when one is due
  int pages_ = 0;         // the writer's: how many there were
  bool failing_ = false;  // the thread's
  std::atomic<bool> closed_ = false;
  Doorbell bell_;
  std::thread thread_;
};

}  // namespace ssmgate::state
