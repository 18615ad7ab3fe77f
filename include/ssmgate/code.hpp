// Every reason for which ssmgate lets a request pass or refuses it, in one place.
// A code is spelt alike here, in the message to the client, in the audit record and in the docs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ssmgate {

enum class Code : std::uint8_t {
  // The judgement of a request that could be read.
  explicit_deny,
  no_rule,
  operation_denied,
  allowed,

  // Malformed requests, in the order in which they are reported (docs/policy.md).
  target_header,
  request_line,
  content_type,
  content_encoding,
  too_large,
  json,
  duplicate_key,
  unknown_member,
  member_type,
  value_count,
  unknown_parameter,
  parameter_reference,
  host,
  port,
  target,
  document,
  endpoint_mismatch,
  unsigned_request,

  // The gateway's own refusals.
  unauthenticated,
  client_not_allowed,
  egress,
  no_session,
  not_your_session,
  too_many_sessions,
  audit_unavailable,
  over_limit,

  // Trouble with the upstream.
  upstream_name,
  upstream_refused,
  upstream_timeout,
  upstream_certificate,
  upstream_closed,
  upstream_protocol,
};

// The code as every reader outside this program sees it, e.g. "explicit-deny".
[[nodiscard]] std::string_view name(Code code) noexcept;

}  // namespace ssmgate
