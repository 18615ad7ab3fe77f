// One HTTP request on an intercepted host, decoded: which operation, whose claim, and for
// StartSession what it asks. The last step before the judgement.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "ssmgate/names/endpoint.hpp"
#include "ssmgate/request/http_request.hpp"
#include "ssmgate/request/start_session.hpp"

namespace ssmgate {

// The names under which the connection was opened. All must name one endpoint.
struct Authority {
  std::string_view connect_host;                // canonical: lower case, no trailing dot
  std::optional<std::string_view> server_name;  // SNI, as sent; absent: none was sent
  std::string_view region;     // of the endpoint; empty for a host of `intercept.hosts`
  std::string_view partition;  // likewise
};

// What the request claims, as far as it could be read: for rules and for the record, also when the
// request is malformed. Empty: absent or unreadable.
struct Claims {
  std::string operation;
  std::string access_key;
  std::string account;
  std::string region;  // the endpoint's; of a host without one, the signature scope's
};

// Another operation than StartSession: relayed unless the policy's `operations` refuses it.
struct OtherOperation {};

struct AwsRequest {
  Claims claims;
  std::variant<Malformed, OtherOperation, StartSession> what;
};

[[nodiscard]] AwsRequest decode_aws_request(const HttpRequest& request, const Authority& authority,
                                            std::string_view default_document);

}  // namespace ssmgate
