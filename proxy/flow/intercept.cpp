#include "flow/intercept.hpp"

#include "flow/judge.hpp"
#include "flow/relay.hpp"
#include "net/tls_stream.hpp"
#include "wire/refusal.hpp"
#include "wire/request_head.hpp"

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace {

// LIMIT: 16 MiB for the body of any operation (docs/architecture.md).
constexpr std::uint64_t kMaxBody = 16ULL * 1024 * 1024;

class RequestLoop {
 public:
  RequestLoop(Downstream& downstream, const Interception& interception)
      : downstream_(downstream), interception_(interception) {}

  asio::awaitable<void> run() {
    bool more = true;
    while (more) more = co_await serve_one();
    // A client that has gone waits for no goodbye.
    if (!client_gone_) co_await downstream_.close_gently();
  }

 private:
  const config::Limits& limits() const { return downstream_.gateway.config.limits; }

  // Reads, judges and answers one request. False: the connection is over.
  asio::awaitable<bool> serve_one() {
    wire::RequestHead head;
    const bool readable = co_await read_head(head);
    if (!readable) co_return false;
    if (head.content_length > kMaxBody) {
      const Refused refused = refuse_framing(Code::too_large, "the body is over 16 MiB");
      co_return co_await refuse(refused, true);
    }
    if (head.expect_continue && downstream_.inbox.size() == head.size) {
      const net::error_code error = co_await downstream_.send("HTTP/1.1 100 Continue\r\n\r\n");
      if (error) co_return false;
    }
    const std::size_t size = head.size + static_cast<std::size_t>(head.content_length);
    if (downstream_.inbox.size() < size) {
      const bool complete = co_await read_body(size);
      if (!complete) co_return false;
      // The bytes may have moved while the body came: the head's views are taken anew.
      auto parsed = wire::parse_request_head(downstream_.inbox);
      head = std::move(std::get<wire::RequestHead>(parsed));
    }
    const bool open = co_await judge_one(head, size);
    downstream_.inbox.erase(0, size);
    co_return open;
  }

  asio::awaitable<bool> read_head(wire::RequestHead& head) {
    wire::HeadScan scan;
    Deadline deadline(limits().header_timeout);
    for (;;) {
      if (!downstream_.inbox.empty()) {
        auto parsed = wire::parse_request_head(downstream_.inbox, scan);
        if (auto* whole = std::get_if<wire::RequestHead>(&parsed)) {
          head = std::move(*whole);
          co_return true;
        }
        if (auto* fault = std::get_if<wire::FramingFault>(&parsed)) {
          const Refused refused = refuse_framing(Code::request_line, fault->detail);
          co_await refuse(refused, true);
          co_return false;
        }
      }
      // The time for a head begins with its first byte.
      const bool idle = downstream_.inbox.empty();
      auto limit = deadline.left();
      if (idle) limit = limits().keepalive_timeout;
      const net::error_code error = co_await downstream_.read_more(limit);
      client_gone_ = static_cast<bool>(error);
      if (client_gone_) co_return false;
      if (idle) deadline = Deadline(limits().header_timeout);
    }
  }

  asio::awaitable<bool> read_body(std::size_t size) {
    const Deadline deadline(limits().body_timeout);
    while (downstream_.inbox.size() < size) {
      const net::error_code error = co_await downstream_.read_more(deadline.left());
      client_gone_ = static_cast<bool>(error);
      if (client_gone_) co_return false;
    }
    co_return true;
  }

  asio::awaitable<bool> judge_one(const wire::RequestHead& head, std::size_t size) {
    HttpRequest request;
    request.method = head.method;
    request.target = head.target;
    request.fields = head.fields;
    request.body = std::string_view(downstream_.inbox).substr(head.size, size - head.size);
    Judged judged = judge(downstream_, interception_, request, head.upgrade);

    const bool may_lose = !judged.opens_session || downstream_.gateway.config.audit.on_failure ==
                                                       config::Audit::OnFailure::proceed;
    const auto when_lost = may_lose ? state::WhenLost::proceeds : state::WhenLost::refused;
    const bool recorded = co_await downstream_.gateway.audit->write(judged.record, when_lost);
    if (!recorded && !may_lose) judged.refuse_unrecorded();
    if (!judged.permit) {
      const Refused refused = judged.refused();
      co_return co_await refuse(refused, !head.keep_alive);
    }
    std::string outgoing;
    wire::render_upstream_head(head, outgoing);
    OutgoingRequest bytes;
    bytes.head = outgoing;
    bytes.body = request.body;
    UpstreamHost host;
    host.name = interception_.connect_host.text();
    const auto begun = std::chrono::steady_clock::now();
    const RelayResult result = co_await relay(std::move(*judged.permit), downstream_,
                                              std::move(host), bytes, judged.opens_session);
    record_result(judged, result, std::chrono::steady_clock::now() - begun);
    if (result.fault && result.keep_alive) {
      const Refused refused = judged.upstream_trouble(*result.fault);
      co_return co_await refuse(refused, !head.keep_alive);
    }
    co_return result.keep_alive&& head.keep_alive;
  }

  void record_result(const Judged& judged, const RelayResult& result,
                     std::chrono::steady_clock::duration took) {
    state::AuditRecord record = make_record(downstream_, state::Event::result);
    record.request_id = judged.record.request_id;
    record.operation = judged.record.operation;
    record.endpoint = judged.record.endpoint;
    record.session_id = result.session_id;
    record.aws_request_id = result.aws_request_id;
    if (result.status != 0) record.status = result.status;
    record.duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
    if (result.fault) {
      record.decision = "error";
      record.code = name(result.fault->code);
      record.message = result.fault->detail;
    } else if (!result.answered) {
      record.closed_by = "client";
    }
    downstream_.gateway.audit->post(record);
  }

  // A head that cannot be trusted names no operation: there is nothing to judge.
  Refused refuse_framing(Code code, std::string_view detail) {
    Refused refused;
    refused.type = "ValidationException";
    refused.request_id = new_request_id();
    refused.message = with_request_id(gateway_refusal(code, detail), refused.request_id);
    state::AuditRecord record = make_record(downstream_, state::Event::decision);
    record.request_id = refused.request_id;
    record.decision = "malformed";
    record.effect = "refuse";
    record.code = name(code);
    record.message = detail;
    record.endpoint = interception_.endpoint.host;
    downstream_.gateway.audit->post(record);
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
  const Interception& interception_;
  bool client_gone_ = false;
};

void record_handshake_trouble(const Downstream& downstream, const Interception& interception,
                              std::string detail) {
  state::AuditRecord record = make_record(downstream, state::Event::connect);
  record.request_id = new_request_id();
  record.decision = "error";
  record.endpoint = interception.endpoint.host;
  record.message = std::move(detail);
  record.closed_by = "client";
  downstream.gateway.audit->post(record);
}

}  // namespace

asio::awaitable<void> intercept(Downstream& downstream, Interception interception) {
  Gateway& gateway = downstream.gateway;
  std::string fault;
  const auto context =
      gateway.authority->context_for(interception.endpoint.host, gateway.now(), fault);
  if (!context) {
    record_handshake_trouble(downstream, interception, "no leaf could be made: " + fault);
    co_return;
  }
  const std::string hello = std::exchange(downstream.inbox, std::string());
  net::Stream* const plain = downstream.stream.get();
  net::Handshake handshake;
  std::string expired;
  {
    const Watchdog::Stage stage(downstream.watchdog, *plain,
                                gateway.config.limits.handshake_timeout);
    handshake = co_await net::accept_tls(downstream.stream, context, hello);
    if (stage.expired()) expired = "handshake-timeout: ";
  }
  if (auto* trouble = std::get_if<net::HandshakeFault>(&handshake)) {
    // Most often: the client does not trust the CA (`ssmgate env` sets what it needs).
    record_handshake_trouble(downstream, interception, expired + trouble->detail);
    co_return;
  }
  downstream.stream = std::move(std::get<net::StreamPtr>(handshake));
  const Watchdog::Attachment attachment(downstream.watchdog, *downstream.stream);
  RequestLoop loop(downstream, interception);
  co_await loop.run();
}

}  // namespace ssmgate::flow
