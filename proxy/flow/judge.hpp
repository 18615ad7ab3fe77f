// One request on an intercepted host, from its bytes to a judgement and the record of it.
//
// Owns: what the gateway knows beside the request (who, where, when), and the words of a refusal.
// Does not own: the judgement itself (policy/), nor any IO.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "flow/downstream.hpp"
#include "flow/intercept.hpp"
#include "flow/session_opening.hpp"
#include "flow/upstream_pool.hpp"
#include "ssmgate/request/http_request.hpp"
#include "ssmgate/rules/decide.hpp"
#include "state/audit_record.hpp"

namespace ssmgate::flow {

// What the client is told.
struct Refused {
  std::string_view type = "AccessDeniedException";
  std::string message;
  std::string request_id;
};

// For refusals that no rule speaks: what the gateway itself cannot let pass.
[[nodiscard]] std::string gateway_refusal(Code code, std::string_view detail);
// MESSAGE with the request id behind it, for a person to quote.
[[nodiscard]] std::string with_request_id(std::string_view message, std::string_view request_id);

struct Judged {
  std::optional<Permit> permit;  // absent: refused
  Decision decision = Decision::deny;
  std::string message;         // of the refusal, without the request id; empty: not refused
  state::AuditRecord record;   // event `decision`
  bool opens_session = false;  // StartSession or ResumeSession
  std::optional<std::chrono::milliseconds> max_duration;  // of the session, by its rule

  std::unique_ptr<SessionOpening> opening;  // with the permit of one that opens or ends a session

  // Whatever the policy says, it is refused.
  void refuse(Code code, std::string refusal);
  // The audit log took no record: a session may not be opened then.
  void refuse_unrecorded();
  // The session cannot be stored: AWS is not asked for it, or has opened it and its answer may not
  // be passed on.
  void refuse_unknown(std::string_view why);
  [[nodiscard]] Refused refused() const;
  [[nodiscard]] Refused upstream_trouble(const UpstreamFault& fault) const;
};

// What is known of a request beside its bytes.
enum class RequestTrait : std::uint8_t {
  none,
  upgrade,    // it wants to leave HTTP/1.1
  oversized,  // a StartSession whose body was over the limit, and was not kept
};

[[nodiscard]] Judged judge(const Downstream& downstream, const Interception& interception,
                           const HttpRequest& request, RequestTrait trait);

}  // namespace ssmgate::flow
