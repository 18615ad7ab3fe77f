#include "flow/session_keeper.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "flow/gateway.hpp"
#include "flow/session_end.hpp"
#include "flow/session_request.hpp"
#include "flow/session_text.hpp"
#include "ssmgate/rules/decide.hpp"
#include "ssmgate/rules/session_limits.hpp"

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace {

// LIMIT: what is due happens up to that much later.
constexpr std::chrono::milliseconds kTick{500};
// LIMIT: of a session that its owner has terminated: AWS says goodbye in the channel, and a plugin
// that hears it ends well; one that is only cut tries to resume.
constexpr std::chrono::seconds kParting{2};
// LIMIT: a gateway that is killed forgets the bytes of the last minute.
constexpr std::chrono::seconds kSaveEvery{60};

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
    if (!known.empty()) spdlog::info("sessions known from before: {}", known.size());
    carry_out(sessions_.restore(std::move(known), now()));
  }
  save_at_ = now() + kSaveEvery;
  timer_.emplace(context);
  asio::post(context, [this] { tick(); });
}

void SessionKeeper::close() {
  timer_.reset();
  {
    const std::lock_guard lock(mutex_);
    confirm_ends();
  }
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
  if (!request || apply(id, judge_again(*request, *generation->policy, now()))) return found;
  return Sessions::Standing::ended;
}

// With the mutex held: what a policy says now of a session that it is to be judged by. False: it
// has ended.
bool SessionKeeper::apply(std::string_view id, const Finding& finding) {
  if (finding.effect != Effect::relay) {
    carry_out(sessions_.end(id, Closer::policy, now()));
    return false;
  }
  if (finding.max_duration) carry_out(sessions_.shorten(id, *finding.max_duration));
  return true;
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
      learnt_.push_back(id);
      stored = to_store(*sessions_.find(id));
    }
  }
  if (ended) co_return std::string("the session has ended meanwhile");
  const bool written = co_await store_->write(std::move(stored));
  if (written) co_return std::string();
  {
    const std::lock_guard lock(mutex_);
    if (!resumed) carry_out(sessions_.forget(id, now()));
  }
  co_return std::string(
      "the session could not be stored, and none is opened that a restarted gateway would not "
      "know; tell whoever runs the gateway to look at its `state` folder");
}

void SessionKeeper::answered(std::string_view id) {
  const std::lock_guard lock(mutex_);
  sessions_.answered(id, now());
}

asio::awaitable<void> SessionKeeper::terminated(std::string id, Owner owner) {
  const auto found = standing(id, owner);
  const bool own = found == Sessions::Standing::live || found == Sessions::Standing::dormant;
  if (!own) co_return;
  static_cast<void>(co_await end_durably(std::move(id), Closer::client));
}

std::variant<SessionKeeper::NoSeat, SessionChannelPtr> SessionKeeper::seat(
    const Owner& owner, const std::string& host, const std::shared_ptr<Watchdog>& watchdog) {
  const std::lock_guard lock(mutex_);
  const ChannelNumber number = ++last_channel_;
  const auto found = sessions_.attach(owner, host, number, now());
  if (const auto* none = std::get_if<Sessions::NoSession>(&found)) {
    return NoSeat{none->live != nullptr};
  }
  try {
    open_[number].watchdog = watchdog;
    return std::make_unique<SessionChannel>(*this, number, std::get<Sessions::Seat>(found));
  } catch (...) {
    open_.erase(number);
    carry_out(sessions_.abandon(number));
    throw;
  }
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

asio::awaitable<SessionKeeper::Ended> SessionKeeper::end_durably(std::string id, Closer why) {
  state::StoredSession stored;
  bool known = false;
  {
    const std::lock_guard lock(mutex_);
    const Effects effects = sessions_.end(id, why, now());
    known = !effects.changed.empty();
    carry_out(effects);
    if (known) stored = to_store(*sessions_.find(id));
  }
  if (!known) co_return Ended::not_known;
  const bool written = co_await store_->write(std::move(stored));
  if (!written) spdlog::error("the end of session `{}` is not stored yet", printable(id));
  co_return written ? Ended::stored : Ended::not_stored;
}

asio::awaitable<void> SessionKeeper::kill_and_tell(std::string id,
                                                   std::function<void(Ended)> done) {
  const Ended killed = co_await end_durably(std::move(id), Closer::killed);
  done(killed);
}

void SessionKeeper::kill(std::string id, std::function<void(Ended)> done) {
  asio::co_spawn(timer_->get_executor(), kill_and_tell(std::move(id), std::move(done)),
                 asio::detached);
}

std::vector<LiveSession> SessionKeeper::list() {
  const std::lock_guard lock(mutex_);
  std::vector<LiveSession> live;
  sessions_.each_live([&](const Session& session) {
    LiveSession one{session, session.bytes_up, session.bytes_down, sessions_.deadline(session)};
    const auto open = open_.find(session.channel);
    if (open != open_.end() && open->second.traffic) {
      one.bytes_up += open->second.traffic->up;
      one.bytes_down += open->second.traffic->down;
    }
    live.push_back(std::move(one));
  });
  return live;
}

std::size_t SessionKeeper::count_live() {
  const std::lock_guard lock(mutex_);
  return sessions_.count_live();
}

state::StoredSession SessionKeeper::to_store(const Session& session) {
  StoredAccount account = account_of(session);
  const auto open = open_.find(session.channel);
  if (open != open_.end() && open->second.traffic) {
    account.bytes_up += open->second.traffic->up;
    account.bytes_down += open->second.traffic->down;
    open->second.saved = open->second.traffic->up + open->second.traffic->down;
  }
  // The record of an end is given a moment to be down before the store says that it is: a gateway
  // that is killed in between records the end again rather than never.
  if (to_confirm_.contains(session.facts.id)) account.recorded = false;
  return {session.facts.id, sessions_.keep_until(session), render_session(session, account, now())};
}

void SessionKeeper::carry_out(const Effects& effects) {
  for (const Effects::Cut& cut : effects.cut) {
    const auto open = open_.find(cut.channel);
    if (open == open_.end()) continue;
    if (cut.why == Closer::client) {
      parting_.push_back({open->second.watchdog, now() + kParting});
      continue;
    }
    if (const auto watchdog = open->second.watchdog.lock()) watchdog->stop(name(cut.why));
  }
  for (const std::string& id : effects.ended) {
    if (const Session* session = sessions_.find(id)) {
      gateway_.audit()->post(make_end_record(*session, now()));
    }
    to_confirm_.insert(id);
  }
  for (const std::string& id : effects.changed) {
    if (const Session* session = sessions_.find(id)) store_->put(to_store(*session));
  }
  for (const std::string& id : effects.forgotten) store_->erase(id);
}

void SessionKeeper::cut_parted() {
  const SessionTime here = now();
  std::erase_if(parting_, [here](const Parting& parting) {
    if (here < parting.until) return false;
    if (const auto watchdog = parting.watchdog.lock()) watchdog->stop(name(Closer::client));
    return true;
  });
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

// A rule that ends by the clock ends its sessions then, and not with the next turn.
void SessionKeeper::tick_later() {
  const auto judged_in = std::chrono::ceil<std::chrono::milliseconds>(judge_at_ - now());
  timer_->expires_after(std::clamp(judged_in, std::chrono::milliseconds(1), kTick));
  timer_->async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

// Their records have had a moment to be down.
void SessionKeeper::confirm_ends() {
  while (!to_confirm_.empty()) {
    const auto confirmed = to_confirm_.extract(to_confirm_.begin());
    sessions_.confirm_end(confirmed.value());
    if (const Session* session = sessions_.find(confirmed.value())) {
      store_->put(to_store(*session));
    }
  }
}

void SessionKeeper::tick() {
  // INVARIANT: there is always a next turn, also when this one had no memory: deadlines depend on
  // it.
  try {
    take_turn();
  } catch (const std::exception& error) {
    judged_by_.reset();  // whoever was not judged in this turn is in the next
    spdlog::error("sessions: what was due could not be done and is tried again: {}", error.what());
  }
  tick_later();
}

void SessionKeeper::take_turn() {
  {
    const std::lock_guard lock(mutex_);
    take_settings();
    confirm_ends();
    carry_out(sessions_.tick(now()));
    cut_parted();
    if (now() >= save_at_) {
      save_at_ = now() + kSaveEvery;
      save_traffic();
    }
  }
  judge_all();
}

// `on_policy_change: revoke`. Judged without the lock, some microseconds each. All of them by
// another policy, or when the clock (also one that was set back) may change what it says; else
// those that have become known meanwhile, which another policy may have let start.
void SessionKeeper::judge_all() {
  const GenerationPtr generation = gateway_.current();
  const Policy& policy = *generation->policy;
  const SessionTime here = now();
  const bool changed = judged_by_ != generation->policy || here >= judge_at_ || here < judged_at_;
  std::vector<std::pair<std::string, std::shared_ptr<const SessionRequest>>> asked;
  const auto ask = [&asked](const Session& session) {
    if (session.facts.request) asked.emplace_back(session.facts.id, session.facts.request);
  };
  {
    const std::lock_guard lock(mutex_);
    const auto learnt = std::exchange(learnt_, {});
    if (!revokes(generation->config.sessions)) {
      judged_by_.reset();
      judge_at_ = SessionTime::max();
      return;
    }
    if (changed) sessions_.each_live(ask);
    for (const std::string& id : learnt) {
      const Session* session = changed ? nullptr : sessions_.find(id);
      if (session != nullptr) ask(*session);
    }
  }
  if (changed) {
    judged_by_ = generation->policy;
    judge_at_ = find_next_change(policy, here).value_or(SessionTime::max());
  }
  judged_at_ = here;
  for (const auto& [id, request] : asked) {
    const Finding finding = judge_again(*request, policy, here);
    const std::lock_guard lock(mutex_);
    static_cast<void>(apply(id, finding));  // one that has ended meanwhile stays as it is
  }
}

}  // namespace ssmgate::flow
