#include "flow/front_door.hpp"

#include <utility>

#include "flow/handshake_trouble.hpp"
#include "flow/judge.hpp"
#include "net/tls_stream.hpp"
#include "wire/refusal.hpp"

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace {

// SOURCE: RFC 8446 §5.1: a ClientHello comes in a record of type handshake.
constexpr char kHandshakeRecord = 0x16;

state::AuditRecord begin_record(const Downstream& downstream, std::string detail) {
  state::AuditRecord record = make_record(downstream, state::Event::connect);
  record.request_id = new_request_id();
  record.message = std::move(detail);
  return record;
}

// In plain HTTP, which is what the client speaks.
asio::awaitable<void> answer_plain(Downstream& downstream) {
  const std::string detail =
      "a plain request on a port that speaks TLS; use `https://` in the proxy URL";
  state::AuditRecord record = begin_record(downstream, detail);
  record.decision = "malformed";
  record.effect = "refuse";
  record.code = name(Code::request_line);
  downstream.gateway.audit()->post(record);
  const std::string message =
      with_request_id(gateway_refusal(Code::request_line, detail), record.request_id);
  wire::Refusal refusal;
  refusal.type = "ValidationException";
  refusal.message = message;
  refusal.request_id = record.request_id;
  refusal.close = true;
  const std::string bytes = wire::render_refusal(refusal);
  const net::error_code error = co_await downstream.send(bytes);
  if (!error) co_await downstream.close_gently();
}

// Most often: the client's certificate was not accepted, or the client does not accept ours. The
// client learns no more than TLS's alert: the operator is told.
void record_trouble(const Downstream& downstream, const net::HandshakeFault& fault,
                    std::string_view expired) {
  const bool unknown = fault.certificate;
  downstream.gateway.observations->metrics.handshake_failed(trouble_of(fault, !expired.empty()));
  const std::string detail = fault.distrusted
                                 ? "the client does not trust this listener's `tls.certificate`"
                                 : fault.detail;
  state::AuditRecord record = begin_record(downstream, std::string(expired) + detail);
  if (unknown) {
    record.decision = "deny";
    record.effect = "refuse";
    record.code = name(Code::unauthenticated);
  } else {
    record.decision = "error";
    record.closed_by = ended_by(downstream, fault);
  }
  downstream.gateway.audit()->post(record);
  downstream.gateway.trouble.say_hung_up(downstream.listener, downstream.client,
                                         printable(record.message), record.request_id);
}

}  // namespace

asio::awaitable<bool> pass_front_door(Downstream& downstream) {
  const auto limit = downstream.generation->config.limits.handshake_timeout;
  const Deadline deadline(limit);
  // Nobody is told of one that says nothing: what watches over the port opens and closes it.
  const net::error_code error = co_await downstream.read_more(deadline.left());
  if (error) co_return false;
  if (downstream.inbox.front() != kHandshakeRecord) {
    co_await answer_plain(downstream);
    co_return false;
  }
  const auto begun = downstream.gateway.now();
  const std::string hello = std::exchange(downstream.inbox, std::string());
  net::Handshake handshake;
  std::string_view expired;
  {
    const Watchdog::Stage stage(downstream.watchdog, *downstream.stream, deadline.left());
    handshake = co_await net::accept_tls(downstream.stream, downstream.entrance->context, hello);
    if (stage.expired()) expired = "handshake-timeout: ";
  }
  if (const auto* fault = std::get_if<net::HandshakeFault>(&handshake)) {
    record_trouble(downstream, *fault, expired);
    co_return false;
  }
  downstream.stream = std::move(std::get<net::StreamPtr>(handshake));
  downstream.proof = net::read_client_proof(*downstream.stream, begun);
  co_return true;
}

}  // namespace ssmgate::flow
