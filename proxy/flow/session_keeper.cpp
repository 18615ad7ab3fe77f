#include "flow/session_keeper.hpp"

#include <utility>

#include <spdlog/spdlog.h>
#include <boost/asio/post.hpp>

#include "flow/gateway.hpp"
#include "flow/session_request.hpp"
#include "flow/session_text.hpp"
#include "ssmgate/rules/decide.hpp"
#include "ssmgate/rules/session_limits.hpp"

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace {

// LIMIT: what is due happens up to that much later.
constexpr std::chrono::milliseconds kTick{500};
// LIMIT: a gateway that is killed forgets the bytes of the last minute.
constexpr std::chrono::seconds kSaveEvery{60};
// LIMIT: one line about refused channels in ten seconds: the plugin dials seven times in five.
constexpr std::chrono::seconds kTellEvery{10};

Sessions::Limits limits_of(const config::Sessions& settings) {
  return Sessions::Limits{settings.attach_window, settings.max_duration, settings.max_per_user};
}

bool revokes(const config::Sessions& settings) {
  return settings.on_policy_change == config::Sessions::OnPolicyChange::revoke;
}

}  // namespace

SessionPlace::~SessionPlace() {
  keeper_.give_back(owner_);
}

SessionTime SessionKeeper::now() const {
  return gateway_.now();
}

std::optional<std::string> SessionKeeper::open(const config::Config& settings) {
  if (!settings.sessions.stored) {
    store_ = state::SessionStore::none();
    return std::nullopt;
  }
  auto opened = state::SessionStore::open(settings.state / "sessions.db");
  if (auto* fault = std::get_if<state::StoreFault>(&opened)) return std::move(fault->text);
  store_ = std::get<std::unique_ptr<state::SessionStore>>(std::move(opened));
  return std::nullopt;
}

void SessionKeeper::start(asio::io_context& context) {
  {
    const std::lock_guard lock(mutex_);
    take_settings();
    std::vector<Session> known;
    for (const state::StoredSession& stored : store_->load()) {
      if (auto session = parse_session(stored.text)) {
        known.push_back(std::move(*session));
        continue;
      }
      spdlog::warn("a session in the store cannot be read and is forgotten: `{}`",
                   printable(stored.id));
      store_->erase(stored.id);
    }
    if (!known.empty()) spdlog::info("{} sessions are known from before", known.size());
    carry_out(sessions_.restore(std::move(known), now()));
  }
  save_at_ = now() + kSaveEvery;
  timer_.emplace(context);
  asio::post(context, [this] { tick(); });
}

void SessionKeeper::close() {
  timer_.reset();
  if (store_) store_->close();
}

SessionPlacePtr SessionKeeper::reserve(const Owner& owner) {
  const std::lock_guard lock(mutex_);
  if (!sessions_.reserve(owner)) return nullptr;
  return std::make_unique<SessionPlace>(*this, owner);
}

void SessionKeeper::give_back(const Owner& owner) {
  const std::lock_guard lock(mutex_);
  sessions_.give_back(owner);
}

Sessions::Standing SessionKeeper::standing(std::string_view id, const Owner& owner) {
  const GenerationPtr generation = gateway_.current();
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.standing(id, owner);
  const bool alive = found == Sessions::Standing::live || found == Sessions::Standing::dormant;
  if (!alive || !revokes(generation->config.sessions)) return found;
  const auto& request = sessions_.find(id)->facts.request;
  if (!request || is_still_allowed(*request, *generation->policy, now())) return found;
  carry_out(sessions_.end(id, Closer::policy, now()));
  return Sessions::Standing::ended;
}

bool SessionKeeper::has_ended(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const Session* session = sessions_.find(id);
  return session != nullptr && session->state == Session::State::ended;
}

asio::awaitable<std::string> SessionKeeper::learn(SessionFacts facts, bool resumed) {
  const std::string id = facts.id;
  state::StoredSession stored;
  bool ended = false;
  {
    const std::lock_guard lock(mutex_);
    const Session* known = sessions_.find(id);
    ended = resumed && known != nullptr && known->state == Session::State::ended;
    if (!ended) {
      const Effects effects = resumed ? sessions_.resume(std::move(facts), now())
                                      : sessions_.open(std::move(facts), now());
      for (const std::string& forgotten : effects.forgotten) store_->erase(forgotten);
      stored = to_store(*sessions_.find(id));
    }
  }
  if (ended) co_return std::string("the session has ended meanwhile");
  const bool written = co_await store_->write(std::move(stored));
  if (written) co_return std::string();
  {
    const std::lock_guard lock(mutex_);
    if (!resumed) carry_out(sessions_.forget(id));
  }
  co_return std::string(
      "the session could not be stored, and none is opened that a restarted gateway would not "
      "know; tell whoever runs the gateway to look at its `state` folder");
}

void SessionKeeper::answered(std::string_view id) {
  const std::lock_guard lock(mutex_);
  sessions_.answered(id, now());
}

void SessionKeeper::terminated(std::string_view id, const Owner& owner) {
  const std::lock_guard lock(mutex_);
  carry_out(sessions_.terminate(id, owner, now()));
}

std::variant<SessionKeeper::NoSeat, SessionChannelPtr> SessionKeeper::seat(
    const Owner& owner, const std::string& host, const std::shared_ptr<Watchdog>& watchdog) {
  const std::lock_guard lock(mutex_);
  const ChannelNumber number = ++last_channel_;
  const auto found = sessions_.attach(owner, host, number, now());
  if (const auto* none = std::get_if<Sessions::NoSession>(&found)) {
    return NoSeat{none->live != nullptr};
  }
  open_[number].watchdog = watchdog;
  return std::make_unique<SessionChannel>(*this, number, std::get<Sessions::Seat>(found));
}

void SessionKeeper::opened(ChannelNumber channel, std::shared_ptr<net::Traffic> traffic) {
  const std::lock_guard lock(mutex_);
  open_[channel].traffic = std::move(traffic);
  carry_out(sessions_.opened(channel, now()));
}

void SessionKeeper::abandon(ChannelNumber channel) {
  const std::lock_guard lock(mutex_);
  open_.erase(channel);
  carry_out(sessions_.abandon(channel));
}

void SessionKeeper::lose(ChannelNumber channel, std::uint64_t up, std::uint64_t down, Closer by) {
  const std::lock_guard lock(mutex_);
  open_.erase(channel);
  carry_out(sessions_.lose(channel, up, down, by, now()));
}

void SessionKeeper::tell_of_refusal(const Owner& owner, const std::string& host, bool beside_live) {
  const auto clock = std::chrono::steady_clock::now();
  std::uint64_t more = 0;
  {
    const std::lock_guard lock(mutex_);
    Untold& untold = beside_live ? beside_live_ : without_session_;
    if (clock < untold.tell_at) {
      ++untold.refusals;
      return;
    }
    untold.tell_at = clock + kTellEvery;
    more = std::exchange(untold.refusals, 0);
  }
  spdlog::warn(
      "no-session: a data channel of {} to {} was refused, {} ({} more such since the last such "
      "line)",
      printable(owner.name), host,
      beside_live ? "beside one that is open"
                  : "because no session was started here; for `aws ecs execute-command` and other "
                    "services that start sessions themselves set `sessions.without_start: allow`",
      more);
}

asio::awaitable<bool> SessionKeeper::kill(std::string id) {
  state::StoredSession stored;
  bool known = false;
  {
    const std::lock_guard lock(mutex_);
    const Effects effects = sessions_.end(id, Closer::killed, now());
    known = !effects.changed.empty();
    carry_out(effects);
    if (known) stored = to_store(*sessions_.find(id));
  }
  if (!known) co_return false;
  const bool written = co_await store_->write(std::move(stored));
  if (!written) spdlog::error("the end of session `{}` is not stored yet", printable(id));
  co_return true;
}

std::vector<LiveSession> SessionKeeper::list() {
  const std::lock_guard lock(mutex_);
  std::vector<LiveSession> live;
  sessions_.each_live([&](const Session& session) {
    LiveSession one{session, session.bytes_up, session.bytes_down};
    const auto open = open_.find(session.channel);
    if (open != open_.end() && open->second.traffic) {
      one.bytes_up += open->second.traffic->up;
      one.bytes_down += open->second.traffic->down;
    }
    live.push_back(std::move(one));
  });
  return live;
}

state::StoredSession SessionKeeper::to_store(const Session& session) {
  Session stored = session;
  const auto open = open_.find(session.channel);
  if (open != open_.end() && open->second.traffic) {
    stored.bytes_up += open->second.traffic->up;
    stored.bytes_down += open->second.traffic->down;
    open->second.saved = open->second.traffic->up + open->second.traffic->down;
  }
  // The record of an end is given a moment to be down before the store says that it is: a gateway
  // that is killed in between records the end again rather than never.
  if (to_confirm_.contains(session.facts.id)) stored.recorded = false;
  return {session.facts.id, sessions_.keep_until(session), render_session(stored, now())};
}

void SessionKeeper::carry_out(const Effects& effects) {
  for (const Effects::Cut& cut : effects.cut) {
    const auto open = open_.find(cut.channel);
    if (open == open_.end()) continue;
    if (const auto watchdog = open->second.watchdog.lock()) watchdog->stop(name(cut.why));
  }
  for (const std::string& id : effects.ended) {
    if (const Session* session = sessions_.find(id)) record_end(*session);
    to_confirm_.insert(id);
  }
  for (const std::string& id : effects.changed) {
    if (const Session* session = sessions_.find(id)) store_->put(to_store(*session));
  }
  for (const std::string& id : effects.forgotten) store_->erase(id);
}

void SessionKeeper::record_end(const Session& session) {
  const SessionFacts& facts = session.facts;
  state::AuditRecord record;
  record.event = state::Event::session_end;
  record.time = now();
  record.rule = facts.rule;
  record.policy_revision = facts.policy_revision;
  record.listener = facts.listener;
  record.client = facts.client;
  record.user = facts.user;
  record.auth = facts.auth;
  record.access_key = facts.access_key;
  record.account = facts.account;
  record.region = facts.region;
  record.endpoint = facts.channel_host;
  record.document = facts.document;
  record.target = facts.target;
  record.host = facts.host;
  record.port = facts.port;
  record.session_id = facts.id;
  record.bytes_up = static_cast<std::int64_t>(session.bytes_up);
  record.bytes_down = static_cast<std::int64_t>(session.bytes_down);
  record.reconnects = session.channels > 1 ? session.channels - 1 : 0;
  record.duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(session.ended_at -
                                                                             session.account_since)
                           .count();
  record.closed_by = name(session.closed_by);
  if (session.channels == 0) record.message = "no data channel was opened through this gateway";
  gateway_.audit()->post(record);
}

void SessionKeeper::take_settings() {
  sessions_.set_limits(limits_of(gateway_.current()->config.sessions));
}

void SessionKeeper::save_traffic() {
  sessions_.each_live([this](const Session& session) {
    const auto open = open_.find(session.channel);
    if (open == open_.end() || !open->second.traffic) return;
    const std::uint64_t bytes = open->second.traffic->up + open->second.traffic->down;
    if (bytes != open->second.saved) store_->put(to_store(session));
  });
}

void SessionKeeper::tick_later() {
  timer_->expires_after(kTick);
  timer_->async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void SessionKeeper::tick() {
  judge_again();
  {
    const std::lock_guard lock(mutex_);
    take_settings();
    const auto confirmed = std::exchange(to_confirm_, {});
    for (const std::string& id : confirmed) {
      if (const Session* session = sessions_.find(id)) store_->put(to_store(*session));
    }
    carry_out(sessions_.tick(now()));
    if (now() >= save_at_) {
      save_at_ = now() + kSaveEvery;
      save_traffic();
    }
  }
  tick_later();
}

// `on_policy_change: revoke`. Judged without the lock: nobody waits for it.
void SessionKeeper::judge_again() {
  const GenerationPtr generation = gateway_.current();
  if (!revokes(generation->config.sessions)) {
    judged_by_.reset();
    return;
  }
  if (judged_by_ == generation->policy && now() < judge_at_) return;
  judged_by_ = generation->policy;
  judge_at_ = find_next_change(*generation->policy, now()).value_or(SessionTime::max());
  std::vector<std::pair<std::string, std::shared_ptr<const SessionRequest>>> asked;
  {
    const std::lock_guard lock(mutex_);
    sessions_.each_live([&](const Session& session) {
      if (session.facts.request) asked.emplace_back(session.facts.id, session.facts.request);
    });
  }
  for (const auto& [id, request] : asked) {
    if (is_still_allowed(*request, *generation->policy, now())) continue;
    const std::lock_guard lock(mutex_);
    carry_out(sessions_.end(id, Closer::policy, now()));
  }
}

}  // namespace ssmgate::flow
