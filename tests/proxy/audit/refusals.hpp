// Requests judged as the gateway judges them, and their records.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "policy/rules/naive_evaluator.hpp"
#include "ssmgate/request/credential.hpp"
#include "ssmgate/rules/decide.hpp"
#include "state/audit_record.hpp"

namespace ssmgate::audit {

struct Judged {
  AwsRequest request;
  Finding finding;
};

inline Caller caller_of(const naive::Question& question) {
  Caller caller;
  caller.user = question.user;
  if (!caller.user) caller.unix_user = question.unix_user;
  caller.client = *parse_ip_address(question.client);
  caller.now = std::chrono::system_clock::time_point(std::chrono::seconds(question.now));
  return caller;
}

// As the connection has it: a key, a region, and the account that the key carries.
inline void make_real(naive::Question& question) {
  if (question.region.empty()) question.region = "us-east-1";
  if (question.access_key.empty()) question.access_key = "AKIAIOSFODNN7EXAMPLE";
  question.account = find_account(question.access_key).value_or("");
  if (question.user) question.unix_user.reset();
  question.unix_groups.clear();
}

inline Judged judge(const Policy& policy, const naive::Question& question) {
  Judged judged{
      {{"StartSession", question.access_key, question.account, question.region}, OtherOperation{}},
      {}};
  const Place place{question.region, ""};
  auto decoded = decode_start_session(question.body, policy.default_document(), place);
  if (decoded) {
    judged.request.what = std::move(*decoded);
  } else {
    judged.request.what = std::move(decoded).error();
  }
  judged.finding = finding(decide(policy, caller_of(question), judged.request));
  return judged;
}

// As flow/judge.cpp fills it.
inline state::AuditRecord record_of(const naive::Question& question, const Judged& judged) {
  state::AuditRecord record;
  record.time = std::chrono::system_clock::time_point(std::chrono::seconds(question.now));
  record.client = render_ip_address(*parse_ip_address(question.client));
  record.user = question.user.value_or("");
  if (!question.user && question.unix_user) record.user = "unix:" + *question.unix_user;
  record.auth = !question.user && question.unix_user ? "local-user" : "basic";
  record.access_key = question.access_key;
  record.account = question.account;
  record.region = question.region;
  record.operation = "StartSession";
  if (const auto* session = std::get_if<StartSession>(&judged.request.what)) {
    record.parameters = session->parameters;
    record.session_reason = session->reason.value_or("");
  }
  const Finding& found = judged.finding;
  record.decision = name(found.decision);
  record.effect = name(found.effect);
  record.code = name(found.code);
  record.rule = found.rule;
  record.nearest = found.nearest;
  record.reported = found.reported;
  record.message = found.message;
  record.document = found.document;
  record.target = found.target;
  record.host = found.host;
  record.port = found.port;
  return record;
}

}  // namespace ssmgate::audit
