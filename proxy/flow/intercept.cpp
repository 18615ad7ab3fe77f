#include "flow/intercept.hpp"

#include "flow/handshake_trouble.hpp"
#include "flow/judge.hpp"
#include "flow/relay.hpp"
#include "flow/renewal.hpp"
#include "flow/request_reader.hpp"
#include "net/tls_stream.hpp"
#include "wire/refusal.hpp"

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace {

class RequestLoop {
 public:
  RequestLoop(Downstream& downstream, Interception& interception)
      : downstream_(downstream), interception_(interception), reader_(downstream, interception) {}

  asio::awaitable<void> run() {
    bool more = true;
    while (more) {
      const Arrived arrived = co_await reader_.read();
      if (asks_anew(arrived)) co_await ask_anew();
      // Each request by what is in force when it is here: a connection may be older than a reload.
      if (renew(downstream_)) look();
      if (const auto* cut = std::get_if<RequestCut>(&arrived)) cut_ = cut->why;
      more = co_await serve(arrived);
    }
    // A client that has gone waits for no goodbye, and one whose answer broke off is told so.
    if (!abrupt_) co_await downstream_.close_gently();
  }

 private:
  // Judges and answers what arrived. False: the connection is over.
  asio::awaitable<bool> serve(const Arrived& arrived) {
    const auto* ended = std::get_if<ConnectionEnded>(&arrived);
    const bool asks =
        ended != nullptr ? ended->unread : !std::holds_alternative<RequestLost>(arrived);
    if (cut_ && asks) {
      record_cut();
      abrupt_ = true;
      co_return false;
    }
    if (const auto* request = std::get_if<WholeRequest>(&arrived)) {
      const bool open = co_await serve_one(*request);
      co_return open && !downstream_.watchdog.draining();
    }
    if (const auto* fault = std::get_if<RequestUnreadable>(&arrived)) {
      const Refused refused = refuse_by_head(*fault);
      co_return co_await refuse(refused, true);
    }
    if (const auto* lost = std::get_if<RequestLost>(&arrived)) record_lost(*lost);
    abrupt_ = true;
    co_return false;
  }

  asio::awaitable<bool> serve_one(const WholeRequest& whole) {
    const wire::RequestHead& head = whole.head;
    HttpRequest request;
    request.method = head.method;
    request.target = head.target;
    request.fields = head.fields;
    request.body = whole.body;
    const RequestTrait trait = head.upgrade ? RequestTrait::upgrade : whole.trait;
    Judged judged = judge(downstream_, interception_, request, trait);

    const bool may_lose =
        !judged.opens_session ||
        downstream_.generation->config.audit.on_failure == config::Audit::OnFailure::proceed;
    const auto when_lost = may_lose ? state::WhenLost::proceeds : state::WhenLost::refused;
    const auto audit = downstream_.gateway.audit();
    const bool recorded = co_await audit->write(judged.record, when_lost);
    if (!recorded && !may_lose) judged.refuse_unrecorded();
    if (!judged.permit) {
      const Refused refused = judged.refused();
      const bool close = !head.keep_alive || interception_.momentary;
      co_return co_await refuse(refused, close);
    }
    std::string outgoing;
    outgoing.reserve(head.size + whole.body.size());
    wire::render_upstream_head(head, outgoing);
    outgoing += whole.body;
    UpstreamHost host;
    host.name = interception_.connect_host.text();
    const auto begun = std::chrono::steady_clock::now();
    const RelayResult result = co_await relay(std::move(*judged.permit), downstream_,
                                              std::move(host), outgoing, judged.opening.get());
    record_result(judged, result, std::chrono::steady_clock::now() - begun);
    if (!result.withheld.empty()) {
      judged.refuse_unknown(result.withheld);
      const Refused refused = judged.refused();
      co_return co_await refuse(refused, !head.keep_alive);
    }
    if (result.fault && result.keep_alive) {
      const Refused refused = judged.upstream_trouble(*result.fault);
      co_return co_await refuse(refused, !head.keep_alive);
    }
    co_return result.keep_alive&& head.keep_alive;
  }

  bool asks_anew(const Arrived& arrived) const {
    return std::holds_alternative<WholeRequest>(arrived) && !interception_.is_shut() &&
           has_run_out(validity_of(downstream_), downstream_.gateway);
  }

  // Who calls. Refused, he gets his answer as at the door, and the connection ends with it.
  asio::awaitable<void> ask_anew() {
    std::optional<Unidentified> unidentified = co_await identify_anew(downstream_);
    if (!unidentified) co_return;
    interception_.refusal = unidentified->code;
    interception_.reason = std::move(unidentified->reason);
    interception_.momentary = unidentified->momentary;
  }

  void look() {
    const std::string& host = interception_.endpoint.host;
    cut_ = find_cut(*downstream_.entrance, host, *downstream_.generation);
  }

  void record_cut() const {
    state::AuditRecord record = make_record(downstream_, state::Event::connect);
    record.request_id = new_request_id();
    record.endpoint = interception_.endpoint.host;
    record.port = interception_.connect_port;
    fill_cut(record, *cut_);
    downstream_.gateway.audit()->post(record);
  }

  void record_lost(const RequestLost& lost) {
    state::AuditRecord record = make_record(downstream_, state::Event::connect);
    record.request_id = new_request_id();
    record.decision = "error";
    record.endpoint = interception_.endpoint.host;
    record.message = is_stopped(downstream_) ? "ended before the request was whole" : lost.why;
    record.closed_by = ended_by(downstream_);
    downstream_.gateway.audit()->post(record);
  }

  void record_result(const Judged& judged, const RelayResult& result,
                     std::chrono::steady_clock::duration took) {
    state::AuditRecord record = make_record(downstream_, state::Event::result);
    record.request_id = judged.record.request_id;
    record.operation = judged.record.operation;
    record.endpoint = judged.record.endpoint;
    record.session_id = result.session_id.empty() ? judged.record.session_id : result.session_id;
    record.aws_request_id = result.aws_request_id;
    if (result.status != 0) record.status = result.status;
    record.duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
    if (result.fault && !is_stopped(downstream_)) {
      record.decision = "error";
      record.code = name(result.fault->code);
      record.message = result.fault->detail;
      downstream_.gateway.trouble.say(record.endpoint, interception_.connect_port, *result.fault);
    } else if (!result.withheld.empty()) {
      record.decision = "error";
      record.code = name(Code::audit_unavailable);
      record.message = result.withheld;
    } else if (!result.answered) {
      record.closed_by = ended_by(downstream_);
    }
    downstream_.gateway.audit()->post(record);
  }

  // Refused by its head alone: one that cannot be trusted names no operation, and there is nothing
  // to judge; or there is no room for its body.
  Refused refuse_by_head(const RequestUnreadable& fault) {
    const bool malformed = fault.code != Code::over_limit;
    Refused refused;
    if (malformed) refused.type = "ValidationException";
    refused.request_id = new_request_id();
    refused.message =
        with_request_id(gateway_refusal(fault.code, fault.detail), refused.request_id);
    state::AuditRecord record = make_record(downstream_, state::Event::decision);
    record.request_id = refused.request_id;
    record.decision = malformed ? "malformed" : "deny";
    record.effect = "refuse";
    record.code = name(fault.code);
    record.message = fault.detail;
    record.endpoint = interception_.endpoint.host;
    downstream_.gateway.audit()->post(record);
    return refused;
  }

  // Answers inside the TLS. True: the connection goes on.
  asio::awaitable<bool> refuse(const Refused& refused, bool close) {
    wire::Refusal refusal;
    refusal.type = refused.type;
    refusal.message = refused.message;
    refusal.request_id = refused.request_id;
    refusal.close = close;
    const std::string bytes = wire::render_refusal(refusal);
    const net::error_code error = co_await downstream_.send(bytes);
    co_return !error && !close;
  }

  Downstream& downstream_;
  Interception& interception_;
  RequestReader reader_;
  std::optional<Route> cut_;  // by a reload
  bool abrupt_ = false;       // the connection ends without a goodbye
};

void record_handshake_trouble(const Downstream& downstream, const Interception& interception,
                              state::HandshakeTrouble why, std::string detail,
                              std::string_view closed_by) {
  downstream.gateway.observations->metrics.handshake_failed(why);
  state::AuditRecord record = make_record(downstream, state::Event::connect);
  record.request_id = new_request_id();
  record.decision = "error";
  record.endpoint = interception.endpoint.host;
  record.message = std::move(detail);
  record.closed_by = closed_by;
  downstream.gateway.audit()->post(record);
}

}  // namespace

asio::awaitable<void> intercept(Downstream& downstream,
                                std::unique_ptr<Interception> interception) {
  Gateway& gateway = downstream.gateway;
  std::string fault;
  const auto context = downstream.generation->authority->context_for(interception->endpoint.host,
                                                                     gateway.now(), fault);
  if (!context) {
    record_handshake_trouble(downstream, *interception, state::HandshakeTrouble::no_leaf,
                             "no leaf could be made: " + fault, name(Closer::error));
    co_return;
  }
  net::Stream* const plain = downstream.stream.get();
  net::Handshake handshake;
  std::string expired;
  {
    const std::string hello = std::exchange(downstream.inbox, std::string());
    const Watchdog::Stage stage(downstream.watchdog, *plain,
                                downstream.generation->config.limits.handshake_timeout);
    handshake = co_await net::accept_tls(downstream.stream, context, hello);
    if (stage.expired()) expired = "handshake-timeout: ";
  }
  if (auto* trouble = std::get_if<net::HandshakeFault>(&handshake)) {
    // Most often: the client does not trust the CA (`ssmgate env` sets what it needs).
    record_handshake_trouble(downstream, *interception, trouble_of(*trouble, !expired.empty()),
                             expired + trouble->detail, ended_by(downstream, *trouble));
    co_return;
  }
  downstream.stream = std::move(std::get<net::StreamPtr>(handshake));
  const Watchdog::Attachment attachment(downstream.watchdog, *downstream.stream);
  RequestLoop loop(downstream, *interception);
  co_await loop.run();
}

}  // namespace ssmgate::flow
