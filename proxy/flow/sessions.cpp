#include "flow/sessions.hpp"

#include <algorithm>

#include "flow/session_request.hpp"

namespace ssmgate::flow {
namespace {

using State = Session::State;

// Of the body as it came, and of its values once decoded, in bytes.
std::size_t size_of(const SessionRequest& request) {
  std::size_t size = request.body.size();
  const auto* session = std::get_if<StartSession>(&request.asked.what);
  if (session == nullptr) return size;
  for (const Parameter& parameter : session->parameters) {
    size += sizeof(Parameter) + parameter.name.size();
    for (const std::string& value : parameter.values) size += sizeof(std::string) + value.size();
  }
  return size;
}

void begin_account(Session& session, SessionTime now) {
  session.account_since = now;
  session.bytes_up = session.bytes_down = 0;
  session.channels = 0;
  session.lost_at.reset();
  session.lost_by = Closer::none;
  session.recorded = false;
}

}  // namespace

void Sessions::set_limits(const Limits& limits) {
  const bool other = limits.max_duration != limits_.max_duration;
  limits_ = limits;
  if (!other) return;
  for (auto& [id, entry] : sessions_) schedule(*entry);
}

bool Sessions::has_room(const Owner& owner) const {
  const auto reserved = reserved_.find(owner);
  std::size_t held = reserved == reserved_.end() ? 0 : reserved->second;
  if (const auto live = live_.find(owner); live != live_.end()) {
    held += static_cast<std::size_t>(std::ranges::count_if(
        live->second, [](const Session* session) { return !session->is_left(); }));
  }
  return held < limits_.max_per_owner;
}

bool Sessions::reserve(const Owner& owner) {
  if (!has_room(owner)) return false;
  ++reserved_[owner];
  return true;
}

void Sessions::give_back(const Owner& owner) {
  const auto held = reserved_.find(owner);
  if (--held->second == 0) reserved_.erase(held);
}

const Session* Sessions::find(std::string_view id) const {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : &found->second->session;
}

Sessions::Entry* Sessions::find_entry(std::string_view id) {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second.get();
}

Sessions::Entry* Sessions::find_by_channel(ChannelNumber channel) {
  const auto found = channels_.find(channel);
  return found == channels_.end() ? nullptr : find_entry(found->second);
}

Sessions::Entry& Sessions::add(Session session, Effects& effects) {
  while (sessions_.size() >= kMost && !retired_.empty()) {
    const std::string oldest = retired_.begin()->second->session.facts.id;
    erase(oldest);
    effects.forgotten.push_back(oldest);
  }
  const std::string id = session.facts.id;
  auto& place = sessions_[id];
  place = std::make_unique<Entry>(Entry{std::move(session), due_.end(), {}, {}, {}, 0});
  place->due = due_.emplace(SessionTime::max(), place.get());
  return *place;
}

void Sessions::erase(const std::string& id) {
  const auto found = sessions_.find(id);
  Entry& entry = *found->second;
  if (entry.session.is_live()) delist(entry.session);
  due_.erase(entry.due);
  if (entry.retired) retired_.erase(*entry.retired);
  lighten(entry);
  sessions_.erase(found);
}

void Sessions::enlist(Session& session) {
  live_[session.facts.owner].push_back(&session);
}

void Sessions::delist(Session& session) {
  const auto found = live_.find(session.facts.owner);
  std::erase(found->second, &session);
  if (found->second.empty()) live_.erase(found);
}

void Sessions::retire(Entry& entry, SessionTime now) {
  if (!entry.retired) entry.retired = retired_.emplace(now, &entry);
}

// A dormant one is resumed: its account begins anew.
void Sessions::revive(Entry& entry, SessionTime now) {
  if (entry.retired) retired_.erase(*std::exchange(entry.retired, std::nullopt));
  entry.session.state = State::waiting;
  begin_account(entry.session, now);
  enlist(entry.session);
}

SessionTime Sessions::deadline(const Session& session) const {
  const auto limit = std::min(limits_.max_duration,
                              session.facts.rule_limit.value_or(std::chrono::milliseconds::max()));
  return session.started + limit;
}

SessionTime Sessions::keep_until(const Session& session) const {
  if (session.state == State::ended) return session.ended_at + kRemember;
  return deadline(session) + kRemember;
}

void Sessions::schedule(Entry& entry) {
  const Session& session = entry.session;
  SessionTime next = session.state == State::ended ? keep_until(session) : deadline(session);
  if (session.state == State::waiting && session.opening == 0) {
    next = std::min(next, session.wait_until);
  }
  if (entry.due->first != next) {
    auto node = due_.extract(entry.due);
    node.key() = next;
    entry.due = due_.insert(std::move(node));
  }
  weigh(entry);
}

void Sessions::weigh(Entry& entry) {
  const Session& session = entry.session;
  if (session.state != State::dormant || session.facts.request == nullptr) return lighten(entry);
  if (entry.dormant) return;
  const auto owners = dormant_.try_emplace(session.facts.owner).first;
  Dormant& dormant = owners->second;
  entry.place = dormant.left.emplace(session.ended_at, &entry);
  entry.bytes = size_of(*session.facts.request);
  entry.dormant = owners;
  dormant.bytes += entry.bytes;
  if (dormant.bytes > kMostDormantBytes) heavy_.insert(session.facts.owner);
}

void Sessions::lighten(Entry& entry) {
  const auto dormant = std::exchange(entry.dormant, std::nullopt);
  if (!dormant) return;
  (*dormant)->second.left.erase(entry.place);
  (*dormant)->second.bytes -= entry.bytes;
  if ((*dormant)->second.left.empty()) dormant_.erase(*dormant);
}

// Ended and not forgotten: what is forgotten could be resumed as somebody else's, by no rule.
void Sessions::end_heavy(SessionTime now, Effects& effects) {
  for (const Owner& owner : std::exchange(heavy_, {})) {
    for (;;) {
      const auto found = dormant_.find(owner);
      if (found == dormant_.end() || found->second.bytes <= kMostDormantBytes) break;
      finish(*found->second.left.begin()->second, Closer::error, now, effects);
    }
  }
}

Effects Sessions::open(SessionFacts facts, SessionTime now) {
  Effects effects;
  if (const Entry* known = find_entry(facts.id)) {
    if (known->session.state != State::ended) return resume(std::move(facts), now);
    erase(facts.id);
  }
  Session session;
  session.facts = std::move(facts);
  session.started = now;
  session.wait_until = now + limits_.attach_window;
  session.awaited = true;
  begin_account(session, now);
  Entry& entry = add(std::move(session), effects);
  enlist(entry.session);
  schedule(entry);
  effects.changed.push_back(entry.session.facts.id);
  return effects;
}

void Sessions::answered(std::string_view id, SessionTime now) {
  Entry* entry = find_entry(id);
  if (entry == nullptr || !entry->session.is_live()) return;
  // A quick client's CONNECT may have come already.
  if (entry->session.state == State::attached && entry->session.wait_until <= now) return;
  entry->session.wait_until = now + limits_.attach_window;
  schedule(*entry);
}

Effects Sessions::forget(std::string_view id, SessionTime now) {
  Effects effects;
  Entry* entry = find_entry(id);
  if (entry == nullptr) return effects;
  if (entry->session.unfinished > 0) {
    finish(*entry, Closer::error, now, effects);
    return effects;
  }
  erase(std::string(id));
  effects.forgotten.emplace_back(id);
  return effects;
}

void Sessions::confirm_end(std::string_view id) {
  Entry* entry = find_entry(id);
  if (entry == nullptr) return;
  Session& session = entry->session;
  if (session.state != State::ended || !session.recorded || session.unfinished > 0) return;
  // Copied and swapped: what is moved, or moved over, keeps the room it had.
  SessionFacts kept;
  kept.id = session.facts.id;
  kept.owner = session.facts.owner;
  std::swap(session.facts, kept);
}

Sessions::Standing Sessions::standing(std::string_view id, const Owner& owner) const {
  const Session* session = find(id);
  if (session == nullptr) return Standing::unknown;
  if (session->facts.owner != owner) return Standing::foreign;
  if (session->state == State::ended) return Standing::ended;
  return session->is_live() ? Standing::live : Standing::dormant;
}

Effects Sessions::resume(SessionFacts facts, SessionTime now) {
  Effects effects;
  Entry* entry = find_entry(facts.id);
  if (entry == nullptr) return open(std::move(facts), now);
  Session& session = entry->session;
  if (session.is_live() && session.facts.owner != facts.owner) {
    delist(session);
    session.facts.owner = facts.owner;
    enlist(session);
  }
  session.facts.owner = facts.owner;
  session.facts.listener = facts.listener;
  session.facts.client = facts.client;
  session.facts.user = facts.user;
  session.facts.auth = facts.auth;
  if (session.state == State::dormant) revive(*entry, now);
  session.wait_until = now + limits_.attach_window;
  session.awaited = true;
  schedule(*entry);
  effects.changed.push_back(session.facts.id);
  return effects;
}

// After a channel is over: an end that waited for its bytes can be recorded.
void Sessions::settle(Entry& entry, Effects& effects) {
  Session& session = entry.session;
  if (!session.is_live() && session.unfinished == 0 && !session.recorded) {
    session.recorded = true;
    effects.ended.push_back(session.facts.id);
    effects.changed.push_back(session.facts.id);
  }
  schedule(entry);
}

void Sessions::cut_all(Entry& entry, Closer why, Effects& effects) {
  for (const ChannelNumber channel : {entry.session.channel, entry.session.opening}) {
    if (channel != 0) effects.cut.push_back({channel, why});
  }
}

void Sessions::finish(Entry& entry, Closer why, SessionTime now, Effects& effects) {
  Session& session = entry.session;
  if (session.is_live()) delist(session);
  // The end of its last account was recorded; who ends it by hand or by a policy is, too.
  const bool by_us = why == Closer::killed || why == Closer::policy;
  if (session.state == State::dormant && by_us) begin_account(session, now);
  const bool was_recorded = session.recorded;
  session.state = State::ended;
  session.facts.request.reset();  // it is never judged again
  session.closed_by = why;
  session.ended_at = now;
  cut_all(entry, why, effects);
  retire(entry, now);
  settle(entry, effects);
  effects.changed.push_back(session.facts.id);
  // Not at once: the record of its account may not be down yet.
  if (was_recorded) let_go_.push_back(session.facts.id);
}

Effects Sessions::terminate(std::string_view id, const Owner& owner, SessionTime now) {
  const Session* session = find(id);
  if (session == nullptr || session->facts.owner != owner) return {};
  return end(id, Closer::client, now);
}

Effects Sessions::end(std::string_view id, Closer why, SessionTime now) {
  Effects effects;
  Entry* entry = find_entry(id);
  if (entry == nullptr || entry->session.state == State::ended) return effects;
  finish_mixed(*entry, why, now, effects);
  return effects;
}

Effects Sessions::shorten(std::string_view id, std::chrono::milliseconds limit) {
  Effects effects;
  Entry* entry = find_entry(id);
  if (entry == nullptr || entry->session.state == State::ended) return effects;
  auto& rule_limit = entry->session.facts.rule_limit;
  if (rule_limit && *rule_limit <= limit) return effects;
  rule_limit = limit;
  schedule(*entry);
  effects.changed.emplace_back(id);
  return effects;
}

// Its channel may be that of another, and the other's be this one's: all of them are cut, and who
// may go on resumes. But AWS itself closes the right one after a TerminateSession.
void Sessions::finish_mixed(Entry& entry, Closer why, SessionTime now, Effects& effects) {
  const std::vector<Session*> mixed = mixed_with(entry.session);
  entry.session.mixed = 0;
  finish(entry, why, now, effects);
  if (why == Closer::client) return;
  for (Session* other : mixed) {
    if (other != &entry.session) cut_all(*find_entry(other->facts.id), why, effects);
  }
}

Effects Sessions::tick(SessionTime now) {
  Effects effects;
  for (const std::string& id : std::exchange(let_go_, {})) {
    confirm_end(id);
    if (find(id) != nullptr) effects.changed.push_back(id);
  }
  end_heavy(now, effects);
  while (!due_.empty() && due_.begin()->first <= now) {
    Entry& entry = *due_.begin()->second;
    Session& session = entry.session;
    const std::string id = session.facts.id;
    if (session.state == State::ended) {
      erase(id);
      effects.forgotten.push_back(id);
    } else if (deadline(session) <= now) {
      finish_mixed(entry, Closer::max_duration, now, effects);
    } else {
      // The window is over. One that never had a channel was left by its client.
      delist(session);
      session.state = State::dormant;
      session.closed_by = session.lost_by == Closer::none ? Closer::client : session.lost_by;
      session.ended_at = session.lost_at.value_or(now);
      session.recorded = true;
      retire(entry, now);
      schedule(entry);
      effects.ended.push_back(id);
      effects.changed.push_back(id);
    }
  }
  return effects;
}

Effects Sessions::restore(std::vector<Session> sessions, SessionTime now) {
  Effects effects;
  for (Session& read : sessions) {
    if (find(read.facts.id) != nullptr) continue;
    Entry& entry = add(std::move(read), effects);
    Session& session = entry.session;
    if (session.is_live()) {
      session.state = State::waiting;
      session.wait_until = now + limits_.attach_window;
      enlist(session);
    } else {
      retire(entry, session.ended_at);
      settle(entry, effects);
    }
    schedule(entry);
    effects.changed.push_back(session.facts.id);
  }
  return effects;
}

}  // namespace ssmgate::flow
