#include "flow/session_rules.hpp"

#include "flow/caller_fields.hpp"
#include "flow/session_request.hpp"
#include "ssmgate/request/text_member.hpp"

namespace ssmgate::flow {
namespace {

using Standing = Sessions::Standing;

void refuse(Judged& judged, Code code, std::string_view detail) {
  judged.refuse(code, gateway_refusal(code, detail));
}

void refuse_full(const Downstream& downstream, Judged& judged) {
  const auto most = downstream.generation->config.sessions.max_per_user;
  const bool user = owner_of(downstream).is_user;
  refuse(judged, Code::too_many_sessions,
         std::string(user ? "you have" : "your address has") + " as many sessions as " +
             (user ? "a user" : "one without a user") + " may have, " + std::to_string(most) +
             "; end one first: aws ssm terminate-session --session-id ID");
}

// While it is known, nothing is opened at AWS that would have to be withheld. False: refused.
bool can_store(const Downstream& downstream, Judged& judged) {
  if (downstream.gateway.sessions.trouble().empty()) return true;
  judged.refuse_unknown(
      "sessions cannot be stored just now, and none is opened that a restarted gateway would not "
      "know; tell whoever runs the gateway to look at its `state` folder");
  return false;
}

// Who asks, and how: the same for a session that was started here and one that was not.
SessionFacts facts_of(const Downstream& downstream, const state::AuditRecord& record) {
  SessionFacts facts;
  facts.owner = owner_of(downstream);
  copy_caller(record, facts);
  facts.access_key = record.access_key;
  facts.account = record.account;
  facts.region = record.region;
  facts.policy_revision = record.policy_revision;
  facts.document = record.document;
  facts.target = record.target;
  facts.host = record.host;
  facts.port = record.port;
  return facts;
}

void open(const Downstream& downstream, SessionOpening::Kind kind, SessionFacts&& facts,
          SessionPlacePtr&& place, Judged& judged) {
  judged.opening = std::make_unique<SessionOpening>(downstream.gateway.sessions, kind,
                                                    std::move(facts), std::move(place));
}

void apply_to_start(const Downstream& downstream, Caller&& caller, AwsRequest&& asked,
                    std::string_view body, Judged& judged) {
  if (!can_store(downstream, judged)) return;
  SessionFacts facts = facts_of(downstream, judged.record);
  auto place = downstream.gateway.sessions.reserve(facts.owner);
  if (!place) return refuse_full(downstream, judged);
  facts.rule = judged.record.rule;
  facts.rule_limit = judged.max_duration;
  facts.request = keep_session_request(std::move(caller), std::move(asked), std::string(body),
                                       downstream.generation->policy->default_document());
  open(downstream, SessionOpening::Kind::start, std::move(facts), std::move(place), judged);
}

void apply_to_resume(const Downstream& downstream, std::string_view body, Judged& judged) {
  using Resume = config::Sessions::Resume;
  SessionKeeper& sessions = downstream.gateway.sessions;
  const auto id = find_sole_member(body, "SessionId");
  if (!id) {
    return refuse(judged, Code::not_your_session,
                  "the body names no one session to be resumed; send `SessionId`, once and alone");
  }
  SessionFacts facts = facts_of(downstream, judged.record);
  facts.id = *id;
  const Standing standing = sessions.standing(*id, facts.owner);
  const bool own = standing != Standing::unknown && standing != Standing::foreign;
  if (!own && downstream.generation->config.sessions.resume == Resume::own) {
    return refuse(judged, Code::not_your_session,
                  "no session `" + printable(*id) +
                      "` of yours is known here; start one through this gateway");
  }
  if (sessions.has_ended(*id)) {
    return refuse(judged, Code::no_session,
                  "the session `" + printable(*id) + "` has ended here; start another");
  }
  if (!can_store(downstream, judged)) return;
  SessionPlacePtr place;
  if (standing != Standing::live) {
    place = sessions.reserve(facts.owner);
    if (!place) return refuse_full(downstream, judged);
  }
  open(downstream, SessionOpening::Kind::resume, std::move(facts), std::move(place), judged);
}

// Somebody else's is for AWS to judge, and ends nothing here.
void apply_to_terminate(const Downstream& downstream, std::string_view body, Judged& judged) {
  const auto id = find_text_member(body, "SessionId");
  if (!id) return;
  SessionFacts facts;
  facts.id = *id;
  facts.owner = owner_of(downstream);
  const Standing standing = downstream.gateway.sessions.standing(*id, facts.owner);
  if (standing != Standing::live && standing != Standing::dormant) return;
  open(downstream, SessionOpening::Kind::terminate, std::move(facts), SessionPlacePtr(), judged);
}

}  // namespace

Owner owner_of(const Downstream& downstream) {
  std::string user = downstream.identity.label();
  if (!user.empty()) return Owner{std::move(user), true};
  return Owner{render_ip_address(downstream.client), false};
}

void apply_session_rules(const Downstream& downstream, Caller&& caller, AwsRequest&& asked,
                         std::string_view body, Judged& judged) {
  const std::string& operation = asked.claims.operation;
  if (operation == "ResumeSession") return apply_to_resume(downstream, body, judged);
  if (operation == "TerminateSession") return apply_to_terminate(downstream, body, judged);
  if (operation != "StartSession") return;
  apply_to_start(downstream, std::move(caller), std::move(asked), body, judged);
}

}  // namespace ssmgate::flow
