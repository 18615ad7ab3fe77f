#include "flow/session_request.hpp"

#include <utility>

namespace ssmgate::flow {

std::shared_ptr<const SessionRequest> keep_session_request(Caller caller, AwsRequest asked,
                                                           std::string body,
                                                           std::string default_document) {
  auto* session = std::get_if<StartSession>(&asked.what);
  if (session == nullptr) return nullptr;
  if (!session->document) {
    auto document = parse_document(default_document, Place());
    if (!document) return nullptr;
    session->document = *std::move(document);
  }
  return std::make_shared<const SessionRequest>(SessionRequest{
      std::move(caller), std::move(asked), std::move(body), std::move(default_document)});
}

std::shared_ptr<const SessionRequest> make_session_request(Caller caller, Claims claims,
                                                           std::string body,
                                                           std::string default_document) {
  // Its place was compared when it came.
  auto decoded = decode_start_session(body, default_document, Place());
  if (!decoded) return nullptr;
  return keep_session_request(std::move(caller), AwsRequest{std::move(claims), *std::move(decoded)},
                              std::move(body), std::move(default_document));
}

Finding judge_again(const SessionRequest& request, const Policy& policy, SessionTime now) {
  Caller caller = request.caller;
  caller.now = now;
  return finding(decide(policy, caller, request.asked));
}

}  // namespace ssmgate::flow
