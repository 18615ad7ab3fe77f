// Which session a channel is taken for, from the CONNECT to its end; and which sessions may have
// one another's.
#include <algorithm>
#include <iterator>
#include <tuple>

#include "flow/sessions.hpp"

namespace ssmgate::flow {

std::variant<Sessions::NoSession, Sessions::Seat> Sessions::attach(const Owner& owner,
                                                                   std::string_view host,
                                                                   ChannelNumber channel,
                                                                   SessionTime now) {
  NoSession none;
  std::vector<Session*> candidates;
  const auto found = live_.find(owner);
  if (found == live_.end()) return none;
  for (Session* session : found->second) {
    if (session->facts.channel_host != host || deadline(*session) <= now) continue;
    if (session->opening != 0 || session->wait_until <= now) {
      if (session->state == Session::State::attached) none.live = session;
      continue;
    }
    if (session->is_left() && !has_room(owner)) continue;
    candidates.push_back(session);
  }
  if (candidates.empty()) return none;
  // Who left a session seldom comes back, and who starts one always comes.
  Session* const oldest = *std::ranges::min_element(candidates, {}, [](const Session* session) {
    return std::tuple(!session->awaited, session->started, std::string_view(session->facts.id));
  });
  if (candidates.size() > 1) mix(candidates);
  channels_[channel] = oldest->facts.id;  // first: it may throw
  oldest->opening = channel;
  ++oldest->unfinished;
  schedule(*find_entry(oldest->facts.id));
  return Seat{oldest, std::max<std::size_t>(1, mixed_with(*oldest).size())};
}

// The live ones whose channels may be one another's, itself among them; none: it is not mixed up.
std::vector<Session*> Sessions::mixed_with(const Session& session) const {
  std::vector<Session*> mixed;
  const auto live = live_.find(session.facts.owner);
  if (session.mixed == 0 || live == live_.end()) return mixed;
  std::ranges::copy_if(live->second, std::back_inserter(mixed),
                       [&](const Session* other) { return other->mixed == session.mixed; });
  return mixed;
}

// INVARIANT: as long as one of them has a channel, it may be that of any other, also of one that
// has none.
void Sessions::unmix(Session& session) {
  const std::vector<Session*> mixed = mixed_with(session);
  const bool quiet = std::ranges::all_of(
      mixed, [](const Session* other) { return other->channel == 0 && other->opening == 0; });
  if (!quiet) return;
  for (Session* other : mixed) other->mixed = 0;
}

// From here on a channel of one of them may be that of any other.
void Sessions::mix(const std::vector<Session*>& candidates) {
  ++last_mix_;
  std::vector<std::uint64_t> numbers;
  for (Session* session : candidates) {
    if (session->mixed != 0) numbers.push_back(session->mixed);
    session->mixed = last_mix_;
  }
  for (Session* session : live_[candidates.front()->facts.owner]) {
    if (std::ranges::find(numbers, session->mixed) != numbers.end()) session->mixed = last_mix_;
  }
}

Effects Sessions::opened(ChannelNumber channel, SessionTime now) {
  Effects effects;
  Entry* entry = find_by_channel(channel);
  if (entry == nullptr || entry->session.opening != channel) return effects;
  Session& session = entry->session;
  session.opening = 0;
  if (!session.is_live()) {
    // It ended while the way was being opened: cut was asked for already.
    session.channel = channel;
    return effects;
  }
  if (session.channel != 0) effects.cut.push_back({session.channel, Closer::client});
  session.channel = channel;
  session.awaited = false;
  session.state = Session::State::attached;
  session.wait_until = now;
  ++session.channels;
  schedule(*entry);
  effects.changed.push_back(session.facts.id);
  return effects;
}

Effects Sessions::abandon(ChannelNumber channel) {
  Effects effects;
  Entry* entry = find_by_channel(channel);
  if (entry == nullptr) return effects;
  channels_.erase(channel);
  if (entry->session.opening == channel) entry->session.opening = 0;
  --entry->session.unfinished;
  unmix(entry->session);
  settle(*entry, effects);
  return effects;
}

Effects Sessions::lose(ChannelNumber channel, std::uint64_t bytes_up, std::uint64_t bytes_down,
                       Closer by, SessionTime now) {
  Effects effects;
  Entry* entry = find_by_channel(channel);
  if (entry == nullptr) return effects;
  channels_.erase(channel);
  Session& session = entry->session;
  session.bytes_up += bytes_up;
  session.bytes_down += bytes_down;
  --session.unfinished;
  if (session.channel == channel) {
    session.channel = 0;
    unmix(session);
    if (session.state == Session::State::attached) {
      session.state = Session::State::waiting;
      session.lost_at = now;
      session.lost_by = by;
      session.wait_until = now + limits_.attach_window;
    }
  }
  settle(*entry, effects);
  effects.changed.push_back(session.facts.id);
  return effects;
}

}  // namespace ssmgate::flow
