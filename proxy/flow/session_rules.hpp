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

// For a request with a permit: refuses a StartSession or ResumeSession, or makes `judged.opening`
// for it; the latter for a TerminateSession of one's own, too.
void apply_session_rules(const Downstream& downstream, Caller&& caller, AwsRequest&& asked,
                         std::string_view body, Judged& judged);

}  // namespace ssmgate::flow
