#include "flow/session_routes.hpp"

#include <algorithm>
#include <map>

#include "flow/asked_fields.hpp"
#include "state/audit_record.hpp"
#include "wire/json.hpp"

namespace ssmgate::flow {
namespace {

using admin::Access;
using admin::Answer;
using wire::JsonObject;

std::int64_t seconds_between(SessionTime from, SessionTime to) {
  return std::chrono::duration_cast<std::chrono::seconds>(to - from).count();
}

std::string render_live(const LiveSession& live, SessionTime now) {
  const Session& session = live.session;
  const SessionFacts& facts = session.facts;
  JsonObject out;
  out.text("session_id", facts.id)
      .text("owner", facts.owner.name)
      .text("user", facts.user)
      .text("client", facts.client)
      .text("state", session.state == Session::State::attached ? "attached" : "waiting");
  add_asked(out, facts);
  out.text("region", facts.region)
      .text("account", facts.account)
      .text("endpoint", facts.channel_host)
      .text("started", state::render_time(session.started))
      .number("age_s", seconds_between(session.started, now))
      .text("ends", state::render_time(live.ends))
      .number("bytes_up", live.bytes_up)
      .number("bytes_down", live.bytes_down)
      .number("reconnects", session.channels > 1 ? session.channels - 1 : 0);
  return out.done();
}

std::string render_counts(const std::map<std::string, std::int64_t>& counts) {
  JsonObject out;
  for (const auto& [name, count] : counts) out.number_of(name, count);
  return out.done();
}

Answer answer_list(SessionKeeper& keeper) {
  std::vector<LiveSession> live = keeper.list();
  std::ranges::sort(live, {}, [](const LiveSession& one) {
    return std::pair(one.session.started, one.session.facts.id);
  });
  const SessionTime now = keeper.now();
  std::vector<std::string> sessions;
  std::map<std::string, std::int64_t> by_owner;
  std::map<std::string, std::int64_t> by_rule;
  for (const LiveSession& one : live) {
    sessions.push_back(render_live(one, now));
    ++by_owner[one.session.facts.owner.name];
    ++by_rule[one.session.facts.rule];
  }
  Answer answer;
  answer.body = JsonObject()
                    .raw("sessions", wire::json_array(sessions))
                    .raw("by_owner", render_counts(by_owner))
                    .raw("by_rule", render_counts(by_rule))
                    .done() +
                "\n";
  return answer;
}

Answer answer_to_kill(const std::string& id, SessionKeeper::Ended killed) {
  if (killed == SessionKeeper::Ended::not_known) {
    return admin::error_answer(404, "no session `" + id + "` is known, or it has ended");
  }
  if (killed == SessionKeeper::Ended::not_stored) {
    return admin::error_answer(
        503, "session `" + id +
                 "` is cut, but its end is not stored: if this gateway is killed before it is, the "
                 "session can be resumed; end it at AWS, and look at the `state` folder");
  }
  Answer answer;
  answer.body = JsonObject().text("killed", id).done() + "\n";
  return answer;
}

}  // namespace

void add_session_routes(admin::Router& router, SessionKeeper& keeper) {
  router.answer("GET", "/v1/sessions", Access::read,
                [&keeper](const admin::Call&) { return answer_list(keeper); });
  router.add("POST", "/v1/sessions/*/kill", Access::change,
             [&keeper](const admin::Call& call, const admin::Reply& reply) {
               const std::string id = call.captured.front();
               keeper.kill(id, [reply, id](SessionKeeper::Ended killed) {
                 reply(answer_to_kill(id, killed));
               });
             });
}

}  // namespace ssmgate::flow
