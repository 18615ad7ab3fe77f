#include "flow/intercept.hpp"

#include <algorithm>

#include <boost/asio/error.hpp>

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
// LIMIT: 256 MiB for the large bodies of all connections together; one over 64 KiB is large.
constexpr std::int64_t kMaxBodyMemory = 256LL * 1024 * 1024;
constexpr std::uint64_t kLargeBody = 64 * 1024;

// The place of one large body in what all may hold together.
class BodyMemory {
 public:
  BodyMemory(Gateway& gateway, std::uint64_t size)
      : gateway_(gateway), size_(size > kLargeBody ? static_cast<std::int64_t>(size) : 0) {
    granted_ = gateway_.body_memory.fetch_add(size_) + size_ <= kMaxBodyMemory || size_ == 0;
  }
  ~BodyMemory() { gateway_.body_memory.fetch_sub(size_); }
  BodyMemory(const BodyMemory&) = delete;
  BodyMemory& operator=(const BodyMemory&) = delete;
  [[nodiscard]] bool granted() const noexcept { return granted_; }

 private:
  Gateway& gateway_;
  std::int64_t size_;
  bool granted_ = false;
};

bool is_oversized_session(const wire::RequestHead& head) {
  if (head.content_length <= kMaxStartSessionBody) return false;
  return std::ranges::any_of(head.fields, [](const HttpField& field) {
    return iequals(field.name, "x-amz-target") && field.value == "AmazonSSM.StartSession";
  });
}

class RequestLoop {
 public:
  RequestLoop(Downstream& downstream, const Interception& interception)
      : downstream_(downstream), interception_(interception) {}

  asio::awaitable<void> run() {
    bool more = true;
    while (more) {
      more = co_await serve_one();
      give_memory_back();
    }
    // A client that has gone waits for no goodbye, and one whose answer broke off is told so.
    if (!abrupt_) co_await downstream_.close_gently();
  }

 private:
  const config::Limits& limits() const { return downstream_.gateway.config.limits; }

  // Reads, judges and answers one request. False: the connection is over.
  asio::awaitable<bool> serve_one() {
    wire::RequestHead head;
    const bool readable = co_await read_head(head);
    if (!readable) co_return false;
    if (head.content_length > kMaxBody) {
      const Refused refused = refuse_by_head(Code::too_large, "the body is over 16 MiB");
      co_return co_await refuse(refused, true);
    }
    if (head.expect_continue && downstream_.inbox.size() == head.size) {
      const net::error_code error = co_await downstream_.send("HTTP/1.1 100 Continue\r\n\r\n");
      if (error) co_return false;
    }
    if (is_oversized_session(head)) co_return co_await refuse_oversized(head);
    const BodyMemory memory(downstream_.gateway, head.content_length);
    if (!memory.granted()) {
      const Refused refused = refuse_by_head(
          Code::over_limit, "ssmgate holds as many large bodies as it can just now; try again");
      co_return co_await refuse(refused, true);
    }
    const std::size_t size = head.size + static_cast<std::size_t>(head.content_length);
    if (downstream_.inbox.size() < size) {
      const bool complete = co_await read_body(size);
      if (!complete) co_return false;
      // The bytes may have moved while the body came: the head's views are taken anew.
      auto parsed = wire::parse_request_head(downstream_.inbox);
      head = std::move(std::get<wire::RequestHead>(parsed));
    }
    const std::string_view body = std::string_view(downstream_.inbox).substr(head.size);
    const bool open =
        co_await judge_one(head, body.substr(0, head.content_length), RequestTrait::none);
    downstream_.inbox.erase(0, size);
    co_return open && !downstream_.watchdog.draining();
  }

  // StartSession's body is refused by its length alone: what is dropped is never held.
  asio::awaitable<bool> refuse_oversized(const wire::RequestHead& head) {
    const std::string bytes = downstream_.inbox.substr(0, head.size);
    downstream_.inbox.erase(0, head.size);
    std::uint64_t left = head.content_length;
    const Deadline deadline(limits().body_timeout);
    for (;;) {
      const std::size_t here =
          static_cast<std::size_t>(std::min<std::uint64_t>(left, downstream_.inbox.size()));
      downstream_.inbox.erase(0, here);
      left -= here;
      if (left == 0) break;
      const bool got = co_await read_on(deadline.left(), "body-timeout");
      if (!got) co_return false;
    }
    auto parsed = wire::parse_request_head(bytes);
    const auto& again = std::get<wire::RequestHead>(parsed);
    co_return co_await judge_one(again, std::string_view(), RequestTrait::oversized);
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
          const Refused refused = refuse_by_head(Code::request_line, fault->detail);
          co_await refuse(refused, true);
          co_return false;
        }
      }
      if (downstream_.inbox.empty()) {
        const bool woken = co_await await_request();
        if (!woken) co_return false;
        // The time for a head begins with its first byte.
        deadline = Deadline(limits().header_timeout);
        continue;
      }
      const bool got = co_await read_on(deadline.left(), "header-timeout");
      if (!got) co_return false;
    }
  }

  asio::awaitable<bool> read_body(std::size_t size) {
    const Deadline deadline(limits().body_timeout);
    while (downstream_.inbox.size() < size) {
      const bool got = co_await read_on(deadline.left(), "body-timeout");
      if (!got) co_return false;
    }
    co_return true;
  }

  // Between two requests: nothing is lost when the connection ends here.
  asio::awaitable<bool> await_request() {
    const Watchdog::Idle idle(downstream_.watchdog);
    const net::error_code error = co_await downstream_.read_more(limits().keepalive_timeout);
    abrupt_ = static_cast<bool>(error);
    co_return !abrupt_;
  }

  // Within a request: an end or a deadline here is recorded.
  asio::awaitable<bool> read_on(std::chrono::milliseconds limit, std::string_view stage) {
    const net::error_code error = co_await downstream_.read_more(limit);
    if (!error) co_return true;
    abrupt_ = true;
    state::AuditRecord record = make_record(downstream_, state::Event::connect);
    record.request_id = new_request_id();
    record.decision = "error";
    record.endpoint = interception_.endpoint.host;
    record.message = "the client hung up in the middle of a request";
    if (error == asio::error::timed_out) {
      record.message = std::string(stage) + ": the client sent its request too slowly";
    }
    record.closed_by = "client";
    downstream_.gateway.audit->post(record);
    co_return false;
  }

  asio::awaitable<bool> judge_one(const wire::RequestHead& head, std::string_view body,
                                  RequestTrait trait) {
    HttpRequest request;
    request.method = head.method;
    request.target = head.target;
    request.fields = head.fields;
    request.body = body;
    if (head.upgrade) trait = RequestTrait::upgrade;
    Judged judged = judge(downstream_, interception_, request, trait);

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

  // A large body does not stay with an idle connection.
  void give_memory_back() {
    if (downstream_.inbox.capacity() > kLargeBody) downstream_.inbox.shrink_to_fit();
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

  // Refused by its head alone: one that cannot be trusted names no operation, and there is nothing
  // to judge; or there is no room for its body.
  Refused refuse_by_head(Code code, std::string_view detail) {
    const bool malformed = code != Code::over_limit;
    Refused refused;
    if (malformed) refused.type = "ValidationException";
    refused.request_id = new_request_id();
    refused.message = with_request_id(gateway_refusal(code, detail), refused.request_id);
    state::AuditRecord record = make_record(downstream_, state::Event::decision);
    record.request_id = refused.request_id;
    record.decision = malformed ? "malformed" : "deny";
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
  bool abrupt_ = false;  // the connection ends without a goodbye
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
