// What a session was started with, kept so that it can be judged again: by another policy, at
// another time, after a restart.
#pragma once

#include <memory>
#include <string>

#include "flow/sessions.hpp"
#include "ssmgate/request/aws_request.hpp"
#include "ssmgate/rules/decide.hpp"

namespace ssmgate::flow {

// INVARIANT: `asked` holds a StartSession, as `body` says it.
struct SessionRequest {
  Caller caller;  // but for `now`
  AwsRequest asked;
  std::string body;              // as it was sent
  std::string default_document;  // what an absent DocumentName stood for then, and stands for
};

// Of what has just been judged, and `body` is how it came. Null when it is no StartSession.
[[nodiscard]] std::shared_ptr<const SessionRequest> keep_session_request(
    Caller caller, AwsRequest asked, std::string body, std::string default_document);
// Null when `body` is no StartSession (of another version's store).
[[nodiscard]] std::shared_ptr<const SessionRequest> make_session_request(
    Caller caller, Claims claims, std::string body, std::string default_document);

// What the policy would say to it now.
[[nodiscard]] Finding judge_again(const SessionRequest& request, const Policy& policy,
                                  SessionTime now);

}  // namespace ssmgate::flow
