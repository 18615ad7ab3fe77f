// The sessions of a running gateway: the one that asks `Sessions`, and carries out what it says.
//
// Owns: the lock around them, the store, the one timer, and the way to cut a channel. Does not own:
// what a session's life is (flow/sessions), nor whether a request passes (flow/session_rules).
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "config/config.hpp"
#include "flow/session_channel.hpp"
#include "flow/sessions.hpp"
#include "flow/watchdog.hpp"
#include "ssmgate/rules/policy.hpp"
#include "state/session_store.hpp"

namespace ssmgate {
struct Finding;
}

namespace ssmgate::flow {

class Gateway;

// One more session of an owner that is on its way.
class SessionPlace {
 public:
  SessionPlace(SessionKeeper& keeper, Owner owner) : keeper_(keeper), owner_(std::move(owner)) {}
  ~SessionPlace();
  SessionPlace(const SessionPlace&) = delete;
  SessionPlace& operator=(const SessionPlace&) = delete;

 private:
  SessionKeeper& keeper_;
  const Owner owner_;
};
using SessionPlacePtr = std::unique_ptr<SessionPlace>;

// A live session as the operator sees it.
struct LiveSession {
  Session session;
  std::uint64_t bytes_up = 0;  // of this account, the open channel's included
  std::uint64_t bytes_down = 0;
  SessionTime ends;  // at the latest
};

// Safe from any thread.
class SessionKeeper {
 public:
  explicit SessionKeeper(Gateway& gateway) : gateway_(gateway) {}
  SessionKeeper(const SessionKeeper&) = delete;
  SessionKeeper& operator=(const SessionKeeper&) = delete;

  // Before anything else: opens the store in the folder `state`. A fault in words.
  [[nodiscard]] std::optional<std::string> open(const config::Config& settings);
  // Who was known before is known again. From here on the timer runs on `context`.
  void start(boost::asio::io_context& context);
  // All of it is down. INVARIANT: before `context` is gone, and after every connection.
  void close();

  // Why no session can be stored just now; empty: it can, as far as is known.
  [[nodiscard]] std::string trouble() const { return store_->trouble(); }

  // Null: the owner has as many as one may have.
  [[nodiscard]] SessionPlacePtr reserve(const Owner& owner);
  // Where a session stands. One that the policy no longer allows ends here (`revoke`).
  [[nodiscard]] Sessions::Standing standing(std::string_view id, const Owner& owner);
  // True for one that has ended, whoever's it was.
  [[nodiscard]] bool has_ended(std::string_view id);

  // AWS has answered StartSession, or ResumeSession. Empty once the session is known and stored;
  // else why its answer may not be passed on.
  [[nodiscard]] boost::asio::awaitable<std::string> learn(SessionFacts facts, bool resumed);
  void answered(std::string_view id);
  // AWS has answered its owner's TerminateSession; down before this returns.
  [[nodiscard]] boost::asio::awaitable<void> terminated(std::string id, Owner owner);

  struct NoSeat {
    bool beside_live = false;  // the owner has a session there whose channel is open
  };
  // Which session a CONNECT to `host` belongs to. `watchdog`: by which its channel can be cut.
  [[nodiscard]] std::variant<NoSeat, SessionChannelPtr> seat(
      const Owner& owner, const std::string& host, const std::shared_ptr<Watchdog>& watchdog);

  enum class Ended : std::uint8_t {
    not_known,   // or ended already
    not_stored,  // it is cut; a gateway that is killed now would know it as live
    stored,
  };
  // Ends it, whoever's it is. `done` is called on some thread once that is down, or cannot be.
  // INVARIANT: between `start` and `close`.
  void kill(std::string id, std::function<void(Ended)> done);
  [[nodiscard]] std::vector<LiveSession> list();
  [[nodiscard]] std::size_t count_live();
  [[nodiscard]] SessionTime now() const;

  // For a channel and a place; nobody else.
  void opened(ChannelNumber channel, std::shared_ptr<net::Traffic> traffic);
  void abandon(ChannelNumber channel);
  void lose(ChannelNumber channel, std::uint64_t up, std::uint64_t down, Closer by);
  void give_back(const Owner& owner);

 private:
  struct OpenChannel {
    std::weak_ptr<Watchdog> watchdog;
    std::shared_ptr<const net::Traffic> traffic;  // once it is open
    std::uint64_t saved = 0;                      // bytes, when they were last stored
  };

  // With the mutex held.
  void carry_out(const Effects& effects);
  void cut_parted();
  [[nodiscard]] bool apply(std::string_view id, const Finding& finding);
  [[nodiscard]] state::StoredSession to_store(const Session& session);
  void take_settings();
  void save_traffic();
  void confirm_ends();
  [[nodiscard]] boost::asio::awaitable<Ended> end_durably(std::string id, Closer why);
  [[nodiscard]] boost::asio::awaitable<void> kill_and_tell(std::string id,
                                                           std::function<void(Ended)> done);

  void tick_later();
  void tick();
  void take_turn();
  void judge_all();

  Gateway& gateway_;
  std::mutex mutex_;
  Sessions sessions_;
  std::unique_ptr<state::SessionStore> store_;
  std::unordered_map<ChannelNumber, OpenChannel> open_;
  ChannelNumber last_channel_ = 0;
  // The channel of a session that its owner has terminated, and when it is cut at the latest.
  struct Parting {
    std::weak_ptr<Watchdog> watchdog;
    SessionTime until;
  };
  std::vector<Parting> parting_;
  std::unordered_set<std::string> to_confirm_;  // whose end was recorded since the last tick
  std::vector<std::string> learnt_;             // since the last tick

  std::optional<boost::asio::steady_timer> timer_;  // the timer's alone, as is what follows
  std::shared_ptr<const Policy> judged_by_;  // null: sessions are kept whatever the policy says
  SessionTime judged_at_;
  SessionTime judge_at_ = SessionTime::max();  // when the clock may change what it says
  SessionTime save_at_;
};

}  // namespace ssmgate::flow
