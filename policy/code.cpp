#include "ssmgate/code.hpp"

namespace ssmgate {

std::string_view name(Code code) noexcept {
  switch (code) {
    case Code::explicit_deny: return "explicit-deny";
    case Code::no_rule: return "no-rule";
    case Code::operation_denied: return "operation-denied";
    case Code::allowed: return "allowed";
    case Code::target_header: return "target-header";
    case Code::request_line: return "request-line";
    case Code::content_type: return "content-type";
    case Code::content_encoding: return "content-encoding";
    case Code::too_large: return "too-large";
    case Code::json: return "json";
    case Code::duplicate_key: return "duplicate-key";
    case Code::unknown_member: return "unknown-member";
    case Code::member_type: return "member-type";
    case Code::value_count: return "value-count";
    case Code::unknown_parameter: return "unknown-parameter";
    case Code::parameter_reference: return "parameter-reference";
    case Code::host: return "host";
    case Code::port: return "port";
    case Code::target: return "target";
    case Code::document: return "document";
    case Code::endpoint_mismatch: return "endpoint-mismatch";
    case Code::unsigned_request: return "unsigned";
    case Code::unauthenticated: return "unauthenticated";
    case Code::client_not_allowed: return "client-not-allowed";
    case Code::egress: return "egress";
    case Code::no_session: return "no-session";
    case Code::not_your_session: return "not-your-session";
    case Code::too_many_sessions: return "too-many-sessions";
    case Code::audit_unavailable: return "audit-unavailable";
    case Code::over_limit: return "over-limit";
    case Code::upstream_name: return "upstream-name";
    case Code::upstream_refused: return "upstream-refused";
    case Code::upstream_timeout: return "upstream-timeout";
    case Code::upstream_certificate: return "upstream-certificate";
    case Code::upstream_closed: return "upstream-closed";
    case Code::upstream_protocol: return "upstream-protocol";
  }
  return "unknown";
}

}  // namespace ssmgate
