// What must be known of sessions after a restart: one text a session, in an embedded database.
//
// Owns: the file, its format and its one writer. Does not own: what a session is (flow/sessions).
// Deliberately narrow, put · erase · load all, so that a store that several gateways share can
// stand in its place.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/awaitable.hpp>

namespace ssmgate::state {

struct StoredSession {
  std::string id;
  // From then on nobody needs it, and it may be pruned.
  std::chrono::system_clock::time_point keep_until;
  std::string text;
};

struct StoreFault {
  std::string text;  // one line, without the program's name
};

// LIMIT: whoever waits for a write waits eight seconds; then it counts as failed. A disk that
// others use can take seconds for each of a checkpoint's flushes.
inline constexpr std::chrono::milliseconds kStoreDeadline{8000};

class SessionStore {
 public:
  // Opens or creates `file` (0600), brings it to today's format, and takes it for this process
  // alone: two gateways would end each other's sessions. `patience`: of whoever waits for a write.
  [[nodiscard]] static std::variant<StoreFault, std::unique_ptr<SessionStore>> open(
      const std::filesystem::path& file, std::chrono::milliseconds patience = kStoreDeadline);
  // For a gateway whose sessions end with it: keeps nothing.
  [[nodiscard]] static std::unique_ptr<SessionStore> none();
  virtual ~SessionStore() = default;
  SessionStore(const SessionStore&) = delete;
  SessionStore& operator=(const SessionStore&) = delete;

  // All that `open` found, once.
  [[nodiscard]] virtual std::vector<StoredSession> load() = 0;

  // Puts it there, or in the place of what has its id. True once it is down: it is still there
  // after this process is killed. Safe from any thread; resumes on the caller's.
  [[nodiscard]] virtual boost::asio::awaitable<bool> write(StoredSession session) = 0;
  // The same for those who do not wait; of several for one id the last is written.
  virtual void put(StoredSession session) = 0;
  virtual void erase(const std::string& id) = 0;

  // Why nothing can be written just now, and since when; empty: it can, as far as is known. It is
  // tried again without a call. Safe from any thread.
  [[nodiscard]] virtual std::string trouble() const = 0;

  // Writes what waits and ends the writer. INVARIANT: before the event loop of those who wait is
  // gone.
  virtual void close() = 0;

 protected:
  SessionStore() = default;
};

}  // namespace ssmgate::state
