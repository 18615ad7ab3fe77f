#include "ssmgate/tools/eval.hpp"

#include "rules/document_pattern.hpp"
#include "rules/glob_language.hpp"
#include "rules/instant.hpp"
#include "ssmgate/request/credential.hpp"
#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate::tools {
namespace {

using boost::system::result;

result<Time, std::string> read_time(const EvalCaller& said, Time now) {
  if (!said.at) return now;
  const auto instant = parse_instant(*said.at);
  if (!instant) return "`at`: " + instant.error();
  if (*instant < to_instant(Time::min()) + std::chrono::seconds(1) ||
      *instant > to_instant(Time::max())) {
    return "`at`: " + in_backticks(*said.at) + " is out of range; write a year from 1678 to 2261";
  }
  return std::chrono::time_point_cast<Time::duration>(*instant);
}

// These return what is wrong; empty: nothing.
std::string read_caller(const EvalCaller& said, Time now, Caller& caller) {
  const auto at = read_time(said, now);
  if (!at) return at.error();
  caller.now = *at;
  if (said.user && said.user->empty()) return "`user` is empty; leave it out";
  if (said.unix_user && said.unix_user->empty()) {
    return "`unix_user` is empty; leave it out";
  }
  caller.user = said.user;
  caller.unix_user = said.unix_user;
  caller.unix_groups = said.unix_groups;
  if (!said.client) return {};
  const auto address = parse_ip_address(*said.client);
  if (!address) {
    return "`client`: " + in_backticks(*said.client) + " is no address; write one such as 10.8.0.7";
  }
  caller.client = *address;
  return {};
}

std::string read_claims(const EvalCaller& said, Claims& claims) {
  claims.operation = "StartSession";
  if (said.access_key && said.access_key->empty()) {
    return "`access_key` is empty; leave it out";
  }
  claims.access_key = said.access_key.value_or("");
  claims.account = find_account(claims.access_key).value_or("");
  if (said.account) {
    if (!can_match_account(*said.account) ||
        said.account->find_first_not_of(kDigits) != std::string::npos) {
      return "`account`: " + in_backticks(*said.account) + " is no AWS account; write 12 digits";
    }
    if (!claims.account.empty() && claims.account != *said.account) {
      return "`account` is " + *said.account + ", but the access key carries " + claims.account +
             "; leave one of the two out";
    }
    claims.account = *said.account;
  }
  if (said.region) {
    if (said.region->find_first_not_of(kLowerDash) != std::string::npos || said.region->empty()) {
      return "`region`: " + in_backticks(*said.region) +
             " is no region; write one such as us-east-1";
    }
    claims.region = *said.region;
  }
  return {};
}

}  // namespace

std::string find_caller_fault(const EvalCaller& said) {
  Caller caller;
  Claims claims;
  std::string fault = read_caller(said, {}, caller);
  return fault.empty() ? read_claims(said, claims) : fault;
}

result<Finding, std::string> evaluate(const Policy& policy, const EvalCaller& said,
                                      std::string_view body, Time now) {
  Caller caller;
  AwsRequest request{{}, OtherOperation{}};
  std::string fault = read_caller(said, now, caller);
  if (fault.empty()) fault = read_claims(said, request.claims);
  if (!fault.empty()) return fault;
  Place place;
  if (!request.claims.region.empty()) {
    place.region = request.claims.region;
    place.partition = partition_of_region(place.region);
  }
  auto decoded = decode_start_session(body, policy.default_document(), place);
  if (decoded) {
    request.what = std::move(*decoded);
  } else {
    request.what = std::move(decoded).error();
  }
  return finding(decide(policy, caller, request));
}

}  // namespace ssmgate::tools
