// What `sessions` of the configuration asks of a request that the policy lets pass.
#pragma once

#include <string_view>

#include "flow/downstream.hpp"
#include "flow/judge.hpp"
#include "ssmgate/request/aws_request.hpp"
#include "ssmgate/rules/decide.hpp"

namespace ssmgate::flow {

// Whose sessions this client's are: the user's, or where there is none the address's.
[[nodiscard]] Owner owner_of(const Downstream& downstream);

// For a StartSession or ResumeSession with a permit: refuses it, or makes `judged.opening`.
void apply_session_rules(const Downstream& downstream, Caller caller, AwsRequest asked,
                         std::string_view body, Judged& judged);

// A TerminateSession that AWS has answered with 200.
void end_session(const Downstream& downstream, std::string_view body);

}  // namespace ssmgate::flow
