// Which sessions the gateway knows, and which data channel belongs to which. Pure: no clock, no
// socket, no file; the time is passed in, and what has to be done comes back as `Effects`.
//
//   StartSession ─▶ waiting ── CONNECT ─▶ attached ── loss ─▶ waiting ── window over ─▶ dormant
//                      ▲                     │ ResumeSession: waits for another beside it   │
//                      └─────────────────────┴──────────────── ResumeSession ───────────────┘
//   from everywhere: TerminateSession, kill, max-duration, policy ─▶ ended
//
// waiting and attached are live: they count for `max_per_user`, but for those whose client closed
// the channel. A dormant one can still be resumed; an ended one cannot, and is remembered so that
// nobody resumes it.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "flow/closer.hpp"
#include "ssmgate/text/text_hash.hpp"

namespace ssmgate::flow {

using SessionTime = std::chrono::system_clock::time_point;

// To whom a session belongs: a user, or where there is none an address.
struct Owner {
  std::string name;
  bool is_user = false;
  auto operator<=>(const Owner&) const = default;
};

struct SessionRequest;  // flow/session_request: what was asked for, to be judged again

// What does not change while a session is known, but for its owner under `resume: any`.
struct SessionFacts {
  std::string id;
  std::string channel_host;  // of the StreamUrl; canonical
  Owner owner;
  std::string listener;
  std::string client;
  std::string user;
  std::string auth;
  std::string access_key;
  std::string account;
  std::string region;
  std::string policy_revision;
  std::string rule;  // empty: passed in report mode, or started elsewhere
  std::string document;
  std::string target;
  std::string host;
  std::optional<std::uint16_t> port;
  std::optional<std::chrono::milliseconds> rule_limit;  // `max_duration` of the rule
  std::shared_ptr<const SessionRequest> request;        // null: started elsewhere
};

using ChannelNumber = std::uint64_t;  // 0: none

struct Session {
  enum class State : std::uint8_t { waiting, attached, dormant, ended };

  SessionFacts facts;
  State state = State::waiting;
  SessionTime started;         // when it became known
  SessionTime account_since;   // from here on bytes and time are counted
  SessionTime wait_until;      // a channel may come before then
  std::uint64_t bytes_up = 0;  // of channels that are over
  std::uint64_t bytes_down = 0;
  std::uint32_t channels = 0;  // that were opened
  std::optional<SessionTime> lost_at;
  Closer lost_by = Closer::none;
  SessionTime ended_at;  // of a dormant one its account, of an ended one itself
  Closer closed_by = Closer::none;
  bool recorded = false;  // the end of this account has been written

  ChannelNumber channel = 0;     // that carries it
  ChannelNumber opening = 0;     // that is on its way to take the place
  std::uint32_t unfinished = 0;  // channels whose bytes are not counted yet
  std::uint64_t mixed = 0;       // not 0: its channel may be that of another with this number
  bool awaited = false;          // it was started or resumed, and no channel has come since

  [[nodiscard]] bool is_live() const noexcept {
    return state == State::waiting || state == State::attached;
  }
  // Its client closed the channel and has not come back.
  [[nodiscard]] bool is_left() const noexcept {
    return state == State::waiting && !awaited && opening == 0 && lost_by == Closer::client;
  }
};

// What a change leads to; for the caller to carry out, in this order.
struct Effects {
  struct Cut {
    ChannelNumber channel = 0;
    Closer why = Closer::none;
  };
  std::vector<Cut> cut;
  std::vector<std::string> changed;  // to be stored
  std::vector<std::string> ended;    // whose end is to be recorded, each once
  std::vector<std::string> forgotten;
};

class Sessions {
 public:
  struct Limits {
    std::chrono::milliseconds attach_window{60'000};
    std::chrono::milliseconds max_duration{43'200'000};
    std::uint32_t max_per_owner = 20;
  };
  // LIMIT: 100,000 in all; beyond that who has been dormant or ended for longest is forgotten.
  static constexpr std::size_t kMost = 100'000;
  // LIMIT: an owner's dormant ones may hold 1 MiB of what they were asked with; beyond that the one
  // that has been away for longest ends, as by a fault. A live one's is bounded by how many there
  // may be.
  static constexpr std::size_t kMostDormantBytes = 1024 * 1024;
  // LIMIT: an ended session is remembered for a day: AWS keeps none longer (its own limit is 24 h).
  static constexpr std::chrono::hours kRemember{24};

  Sessions() = default;
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;

  void set_limits(const Limits& limits);

  // A place for one more, until `give_back`; false: the owner has as many as one may have.
  [[nodiscard]] bool reserve(const Owner& owner);
  void give_back(const Owner& owner);

  // StartSession was answered: the session waits for its channel. An id that is known already is
  // the same session.
  [[nodiscard]] Effects open(SessionFacts facts, SessionTime now);
  // The last byte of the answer has gone out: the window begins.
  void answered(std::string_view id, SessionTime now);
  // StartSession's answer could not be passed on: nobody has heard of it. One that has a channel
  // all the same is ended.
  [[nodiscard]] Effects forget(std::string_view id, SessionTime now);

  enum class Standing : std::uint8_t { unknown, foreign, ended, live, dormant };
  [[nodiscard]] Standing standing(std::string_view id, const Owner& owner) const;
  // ResumeSession was answered: it waits for a channel, beside the one it may have. `facts` say who
  // asked; all of them count for an id that is not known. INVARIANT: not for an ended one.
  [[nodiscard]] Effects resume(SessionFacts facts, SessionTime now);

  struct NoSession {
    const Session* live = nullptr;  // of this owner on this host, whose channel is open
  };
  struct Seat {
    const Session* session = nullptr;
    std::size_t candidates = 1;  // whose channel it may be; 1: unambiguous
  };
  // A CONNECT: of the owner's sessions on `host` that wait for a channel the oldest that is
  // awaited, else the oldest. It is `channel`'s until `abandon` or `lose`.
  [[nodiscard]] std::variant<NoSession, Seat> attach(const Owner& owner, std::string_view host,
                                                     ChannelNumber channel, SessionTime now);
  // The way up is open: the channel is the session's, in the place of another it may have had.
  [[nodiscard]] Effects opened(ChannelNumber channel, SessionTime now);
  // It came to nothing.
  [[nodiscard]] Effects abandon(ChannelNumber channel);
  // It was open and is over.
  [[nodiscard]] Effects lose(ChannelNumber channel, std::uint64_t bytes_up,
                             std::uint64_t bytes_down, Closer by, SessionTime now);

  // TerminateSession was answered with 200; a stranger's changes nothing.
  [[nodiscard]] Effects terminate(std::string_view id, const Owner& owner, SessionTime now);
  // `kill` or a policy. Nothing for one that is not known, or that has ended.
  [[nodiscard]] Effects end(std::string_view id, Closer why, SessionTime now);
  // A later policy gives it less time: the shorter of the two holds, and never a longer one.
  [[nodiscard]] Effects shorten(std::string_view id, std::chrono::milliseconds limit);
  // The end of an ended one has been written down: of it only who it was, and that it has ended, is
  // remembered. Changes nothing of one that can come back.
  void confirm_end(std::string_view id);
  // What is due.
  [[nodiscard]] Effects tick(SessionTime now);

  // At the start: who was live waits for a channel, for a whole window.
  [[nodiscard]] Effects restore(std::vector<Session> sessions, SessionTime now);

  [[nodiscard]] const Session* find(std::string_view id) const;
  // When it ends at the latest.
  [[nodiscard]] SessionTime deadline(const Session& session) const;
  // From then on it is not needed any more.
  [[nodiscard]] SessionTime keep_until(const Session& session) const;
  [[nodiscard]] std::size_t size() const noexcept { return sessions_.size(); }
  // Every live one.
  template <class Visit>
  void each_live(const Visit& visit) const {
    for (const auto& [owner, sessions] : live_) {
      for (const Session* session : sessions) visit(*session);
    }
  }
  [[nodiscard]] std::size_t count_live() const {
    std::size_t count = 0;
    for (const auto& [owner, sessions] : live_) count += sessions.size();
    return count;
  }

 private:
  struct Entry;
  using Due = std::multimap<SessionTime, Entry*>;
  // Of one owner: who can come back, by when they left, and what they hold.
  struct Dormant {
    Due left;
    std::size_t bytes = 0;
  };
  struct Entry {
    Session session;
    Due::iterator due;
    std::optional<Due::iterator> retired;
    std::optional<std::map<Owner, Dormant>::iterator> dormant;  // while it is counted there
    Due::iterator place;                                        // there
    std::size_t bytes = 0;
  };

  Entry* find_entry(std::string_view id);
  Entry* find_by_channel(ChannelNumber channel);
  Entry& add(Session session, Effects& effects);
  void erase(const std::string& id);
  void enlist(Session& session);
  void delist(Session& session);
  void retire(Entry& entry, SessionTime now);
  void revive(Entry& entry, SessionTime now);
  void schedule(Entry& entry);
  void weigh(Entry& entry);
  void lighten(Entry& entry);
  void end_heavy(SessionTime now, Effects& effects);
  void finish(Entry& entry, Closer why, SessionTime now, Effects& effects);
  void finish_mixed(Entry& entry, Closer why, SessionTime now, Effects& effects);
  void cut_all(Entry& entry, Closer why, Effects& effects);
  void settle(Entry& entry, Effects& effects);
  void mix(const std::vector<Session*>& candidates);
  void unmix(Session& session);
  [[nodiscard]] std::vector<Session*> mixed_with(const Session& session) const;
  [[nodiscard]] bool has_room(const Owner& owner) const;

  Limits limits_;
  std::unordered_map<std::string, std::unique_ptr<Entry>, TextHash, std::equal_to<>> sessions_;
  std::map<Owner, std::vector<Session*>> live_;
  std::map<Owner, std::uint32_t> reserved_;
  std::unordered_map<ChannelNumber, std::string> channels_;
  Due due_;
  Due retired_;  // dormant and ended ones, by when they became so
  std::map<Owner, Dormant> dormant_;
  std::set<Owner> heavy_;            // whose hold too much
  std::vector<std::string> let_go_;  // ended since the last tick, their account recorded before
  std::uint64_t last_mix_ = 0;
};

}  // namespace ssmgate::flow
