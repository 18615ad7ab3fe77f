#include "flow/connect_answer.hpp"

#include <utility>

#include "flow/judge.hpp"
#include "wire/refusal.hpp"

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace {

asio::awaitable<void> answer_and_close(Downstream& downstream, std::string bytes) {
  const net::error_code error = co_await downstream.send(bytes);
  if (error) co_return;
  co_await downstream.close_gently();
}

}  // namespace

asio::awaitable<void> answer_fault(Downstream& downstream, const wire::ConnectFault& fault) {
  using Kind = wire::ConnectFault::Kind;
  const Code code =
      fault.kind == Kind::host_mismatch ? Code::endpoint_mismatch : Code::request_line;
  const std::string request_id = new_request_id();
  state::AuditRecord record = make_record(downstream, state::Event::connect);
  record.request_id = request_id;
  record.decision = "malformed";
  record.effect = "refuse";
  record.code = name(code);
  record.message = fault.detail;
  downstream.gateway.audit()->post(record);
  if (fault.kind == Kind::tls_hello) {
    // A TLS client would not understand an HTTP answer: the operator is told.
    downstream.gateway.trouble.say_hung_up(downstream.listener, downstream.client, fault.detail,
                                           request_id);
    co_return;
  }
  const std::string message = with_request_id(gateway_refusal(code, fault.detail), request_id);
  wire::Refusal refusal;
  refusal.status = wire::status_of(fault.kind);
  refusal.type = "ValidationException";
  refusal.message = message;
  refusal.request_id = request_id;
  refusal.close = true;
  co_await answer_and_close(downstream, wire::render_refusal(refusal));
}

asio::awaitable<void> answer_refused(Downstream& downstream, const Route& route, int status,
                                     std::string request_id) {
  const std::string message =
      with_request_id(gateway_refusal(*route.refusal, route.reason), request_id);
  wire::Refusal refusal;
  refusal.status = status;
  refusal.message = message;
  refusal.request_id = request_id;
  refusal.close = true;
  co_await answer_and_close(downstream, wire::render_refusal(refusal));
}

}  // namespace ssmgate::flow
