// Sessions with a clock of their own, and what was carried out of what they asked for.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "flow/sessions.hpp"

namespace ssmgate::test {

using namespace ssmgate::flow;
using namespace std::chrono_literals;

inline constexpr const char* kHost = "ssmmessages.us-east-1.amazonaws.com";
inline const Owner kAlice{"alice", true};
inline const Owner kBob{"bob", true};
inline const SessionTime kStart{std::chrono::sys_days{std::chrono::year(2026) / 11 / 29}};

using State = Session::State;
using Standing = Sessions::Standing;

inline SessionFacts facts(const std::string& id, const Owner& owner = kAlice) {
  SessionFacts made;
  made.id = id;
  made.channel_host = kHost;
  made.owner = owner;
  return made;
}

struct Run {
  Sessions sessions;
  SessionTime now = kStart;
  ChannelNumber last = 0;
  std::vector<std::string> ended;
  std::vector<ChannelNumber> cut;

  void take(const Effects& effects) {
    ended.insert(ended.end(), effects.ended.begin(), effects.ended.end());
    for (const auto& one : effects.cut) cut.push_back(one.channel);
  }
  void start(const std::string& id, const Owner& owner = kAlice) {
    take(sessions.open(facts(id, owner), now));
    sessions.answered(id, now);
  }
  // The channel's number, or 0: refused.
  ChannelNumber dial(const Owner& owner = kAlice, const char* host = kHost) {
    const auto found = sessions.attach(owner, host, ++last, now);
    if (std::holds_alternative<Sessions::NoSession>(found)) return 0;
    candidates = std::get<Sessions::Seat>(found).candidates;
    seated = std::get<Sessions::Seat>(found).session->facts.id;
    return last;
  }
  ChannelNumber connect(const Owner& owner = kAlice) {
    const ChannelNumber channel = dial(owner);
    if (channel != 0) take(sessions.opened(channel, now));
    return channel;
  }
  void lose(ChannelNumber channel, Closer by = Closer::client, std::uint64_t up = 0,
            std::uint64_t down = 0) {
    take(sessions.lose(channel, up, down, by, now));
  }
  void resume(const std::string& id, const Owner& owner = kAlice) {
    take(sessions.resume(facts(id, owner), now));
    sessions.answered(id, now);
  }
  void pass(std::chrono::milliseconds time) {
    now += time;
    take(sessions.tick(now));
  }
  const Session& at(const std::string& id) const {
    const Session* found = sessions.find(id);
    if (found == nullptr) throw std::runtime_error("no session " + id);
    return *found;
  }
  std::size_t candidates = 0;
  std::string seated;
};

}  // namespace ssmgate::test
