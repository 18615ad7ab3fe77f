#include "flow/judge.hpp"

#include "flow/session_id.hpp"
#include "flow/session_rules.hpp"

namespace ssmgate::flow {
namespace {

bool opens_session(std::string_view operation) {
  return operation == "StartSession" || operation == "ResumeSession";
}

bool is_about_session(std::string_view operation) {
  return operation == "ResumeSession" || operation == "TerminateSession";
}

// Puts in what the connection itself is refused for, unless a fault that is reported first stands
// there: the codes are in the order of docs/policy.md.
void add_fault(AwsRequest& request, Code code, std::string_view detail) {
  const auto* earlier = std::get_if<Malformed>(&request.what);
  if (earlier != nullptr && earlier->code <= code) return;
  request.what = Malformed{code, std::string(detail)};
}

void fill_session(state::AuditRecord& record, const AwsRequest& request) {
  const auto* session = std::get_if<StartSession>(&request.what);
  if (session == nullptr) return;
  record.parameters = session->parameters;
  record.session_reason = session->reason.value_or("");
}

// LIMIT: 256 bytes of a value and 16 values of what was refused: whoever may not pass shall not
// fill the disk either. What passes is recorded whole.
constexpr std::size_t kMaxRefusedValue = 256;
constexpr std::size_t kMaxRefusedValues = 16;

void cut_parameters(std::vector<Parameter>& parameters) {
  std::size_t left = kMaxRefusedValues;
  std::size_t dropped = 0;
  for (Parameter& parameter : parameters) {
    const std::size_t kept = std::min(left, parameter.values.size());
    dropped += parameter.values.size() - kept;
    left -= kept;
    parameter.values.resize(kept);
    for (std::string& value : parameter.values) {
      if (value.size() <= kMaxRefusedValue) continue;
      const std::string size = std::to_string(value.size());
      value.resize(kMaxRefusedValue);
      value += "… (" + size + " bytes)";
    }
  }
  std::erase_if(parameters, [](const Parameter& parameter) { return parameter.values.empty(); });
  if (dropped != 0) parameters.push_back({"…", {std::to_string(dropped) + " more values"}});
}

void fill_finding(state::AuditRecord& record, Finding&& finding, const AwsRequest& request) {
  record.decision = name(finding.decision);
  const bool other = std::holds_alternative<OtherOperation>(request.what);
  if (other && finding.effect == Effect::relay) record.decision = "relay";
  record.effect = name(finding.effect);
  record.code = name(finding.code);
  record.rule = std::move(finding.rule);
  record.nearest = std::move(finding.nearest);
  record.reported = std::move(finding.reported);
  record.message = std::move(finding.message);
  record.document = std::move(finding.document);
  record.target = std::move(finding.target);
  record.host = std::move(finding.host);
  record.port = finding.port;
}

}  // namespace

std::string gateway_refusal(Code code, std::string_view detail) {
  return "ssmgate refused this request: " + std::string(detail) + " (" + std::string(name(code)) +
         ")";
}

std::string with_request_id(std::string_view message, std::string_view request_id) {
  return std::string(message) + " [request id " + std::string(request_id) + "]";
}

void Judged::refuse(Code code, std::string refusal) {
  permit.reset();
  opening.reset();
  decision = Decision::deny;
  message = std::move(refusal);
  record.decision = name(Decision::deny);
  record.effect = name(Effect::refuse);
  record.code = name(code);
  record.rule.clear();
  record.nearest.clear();
  record.message = message;
}

void Judged::refuse_unknown(std::string_view why) {
  refuse(Code::audit_unavailable, gateway_refusal(Code::audit_unavailable, why));
}

void Judged::refuse_unrecorded() {
  refuse(Code::audit_unavailable,
         gateway_refusal(Code::audit_unavailable,
                         "its audit record could not be written, and no session is opened without "
                         "one; tell whoever runs the gateway to look at its audit sinks"));
}

Refused Judged::refused() const {
  Refused refused;
  if (decision == Decision::malformed) refused.type = "ValidationException";
  refused.request_id = record.request_id;
  refused.message = with_request_id(message, record.request_id);
  return refused;
}

Refused Judged::upstream_trouble(const UpstreamFault& fault) const {
  Refused refused;
  refused.type = "SsmgateUpstreamError";
  refused.request_id = record.request_id;
  const std::string text = "ssmgate could not get an answer from " + record.endpoint + ": " +
                           printable(fault.detail) + " (" + std::string(name(fault.code)) +
                           "); the request was not sent again";
  refused.message = with_request_id(text, record.request_id);
  return refused;
}

Judged judge(const Downstream& downstream, const Interception& interception,
             const HttpRequest& request, RequestTrait trait) {
  const Gateway& gateway = downstream.gateway;
  const auto& policy = downstream.generation->policy;

  const std::string connect_host = interception.connect_host.text();
  Authority authority;
  authority.connect_host = connect_host;
  if (interception.server_name) authority.server_name = *interception.server_name;
  authority.region = interception.endpoint.region;
  authority.partition = interception.endpoint.partition;
  AwsRequest asked = decode_aws_request(request, authority, policy->default_document());
  if (trait == RequestTrait::oversized) {
    add_fault(asked, Code::too_large, "the body of a StartSession is over 256 KiB");
  }
  if (trait == RequestTrait::upgrade) {
    add_fault(asked, Code::request_line,
              "it wants to switch protocols; only AWS JSON over HTTP/1.1 is spoken here");
  }
  if (interception.refusal == Code::endpoint_mismatch) {
    add_fault(asked, Code::endpoint_mismatch, interception.reason);
  }

  Caller caller;
  caller.user = downstream.identity.user;
  caller.unix_user = downstream.identity.unix_user;
  caller.unix_groups = downstream.identity.unix_groups;
  caller.client = downstream.client;
  caller.now = gateway.now();
  Judgement judgement = decide(*policy, caller, asked);
  Finding found = take_finding(judgement);

  Judged judged;
  judged.decision = found.decision;
  judged.max_duration = found.max_duration;
  if (auto* permit = std::get_if<Permit>(&judgement)) {
    judged.permit = std::move(*permit);
  } else {
    judged.message = found.message;
  }
  judged.opens_session = opens_session(asked.claims.operation);
  judged.record = make_record(downstream, state::Event::decision);
  judged.record.request_id = new_request_id();
  judged.record.policy_revision = policy->revision();
  judged.record.access_key = asked.claims.access_key;
  judged.record.account = asked.claims.account;
  judged.record.region = asked.claims.region;
  judged.record.endpoint = interception.endpoint.host;
  judged.record.operation = asked.claims.operation;
  if (is_about_session(asked.claims.operation)) {
    judged.record.session_id = find_session_id(request.body);
  }
  fill_session(judged.record, asked);
  if (found.effect == Effect::refuse) cut_parameters(judged.record.parameters);
  fill_finding(judged.record, std::move(found), asked);
  if (interception.is_shut()) {
    judged.refuse(*interception.refusal,
                  gateway_refusal(*interception.refusal, interception.reason));
  }
  if (judged.permit) {
    apply_session_rules(downstream, std::move(caller), std::move(asked), request.body, judged);
  }
  return judged;
}

}  // namespace ssmgate::flow
