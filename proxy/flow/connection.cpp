// TLS where the listener speaks it → CONNECT → who calls → route by name → 200 → first bytes →
// route by SNI → intercept | tunnel.
#include "flow/connection.hpp"

#include <boost/asio/error.hpp>

#include "flow/downstream.hpp"
#include "flow/front_door.hpp"
#include "flow/intercept.hpp"
#include "flow/judge.hpp"
#include "flow/route.hpp"
#include "flow/seat.hpp"
#include "flow/tunnel.hpp"
#include "wire/basic_credentials.hpp"
#include "wire/client_hello.hpp"
#include "wire/connect.hpp"
#include "wire/refusal.hpp"

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace {

// LIMIT: a server that speaks first (SSH, SMTP) is waited for by its client: after 300 ms without a
// byte the way is opened, and the first bytes are looked at when they come.
constexpr std::chrono::milliseconds kFirstBytes{300};

class Connection {
 public:
  explicit Connection(Downstream& downstream) : downstream_(downstream) {}

  // The tunnel that it has become, if it has.
  [[nodiscard]] std::unique_ptr<OpenTunnel> take_tunnel() { return std::move(opened_); }

  asio::awaitable<void> run() {
    std::optional<wire::ConnectRequest> connect;
    const bool readable = co_await read_connect(connect);
    if (!readable) co_return;
    drop_head(connect->consumed);

    Route route =
        route_connect(connect->host, connect->port, settings().egress, settings().intercept);
    if (leads_to_us(connect->host, connect->port, route)) {
      route.kind = Route::Kind::refuse;
      route.refusal = Code::egress;
      route.reason = "this is the gateway itself; CONNECT to where you want to go";
    }
    int status = 403;
    const std::optional<Unidentified> unidentified = co_await identify(downstream_, *connect);
    if (connect->proxy_authorization) wire::wipe(*connect->proxy_authorization);
    if (unidentified) {
      route = refuse_unidentified(std::move(route), *unidentified);
      if (unidentified->challenge) status = 407;
    }
    if (route.kind == Route::Kind::channel) channel_ = take_seat(downstream_, route);
    if (route.kind == Route::Kind::refuse) {
      co_await answer_refused(*connect, route, status);
      co_return;
    }
    const net::error_code error = co_await downstream_.send(wire::connect_established());
    if (error) co_return;
    co_await open(std::move(*connect), std::move(route));
  }

 private:
  Gateway& gateway() const { return downstream_.gateway; }
  const config::Config& settings() const { return downstream_.generation->config; }
  const config::Limits& limits() const { return settings().limits; }

  // By its address alone: names are looked up when the tunnel is opened.
  bool leads_to_us(const Host& host, std::uint16_t port, const Route& route) const {
    return route.kind == Route::Kind::tunnel && host.is_address() &&
           gateway().is_own_listener(host.address(), port);
  }

  asio::awaitable<bool> read_connect(std::optional<wire::ConnectRequest>& connect) {
    const Deadline deadline(limits().header_timeout);
    wire::HeadScan scan;
    for (;;) {
      const net::error_code error = co_await downstream_.read_more(deadline.left());
      if (error) co_return false;
      auto parsed = wire::parse_connect(downstream_.inbox, scan);
      if (auto* request = std::get_if<wire::ConnectRequest>(&parsed)) {
        connect = std::move(*request);
        co_return true;
      }
      if (auto* fault = std::get_if<wire::ConnectFault>(&parsed)) {
        co_await answer_fault(*fault);
        co_return false;
      }
    }
  }

  // Its refusal is shown inside the TLS where there is one: clients never show the answer to a
  // refused CONNECT.
  static Route refuse_unidentified(Route route, const Unidentified& why) {
    if (route.kind != Route::Kind::intercept) route.kind = Route::Kind::refuse;
    route.refusal = why.code;
    route.reason = why.reason;
    return route;
  }

  // What follows the head belongs to the tunnel. The head's place held a password.
  void drop_head(std::size_t size) {
    std::string& inbox = downstream_.inbox;
    std::string rest = inbox.substr(size);
    wire::wipe(inbox);
    inbox = std::move(rest);
  }

  asio::awaitable<void> answer_fault(const wire::ConnectFault& fault) {
    using Kind = wire::ConnectFault::Kind;
    const Code code =
        fault.kind == Kind::host_mismatch ? Code::endpoint_mismatch : Code::request_line;
    const std::string request_id = new_request_id();
    state::AuditRecord record = make_record(downstream_, state::Event::connect);
    record.request_id = request_id;
    record.decision = "malformed";
    record.effect = "refuse";
    record.code = name(code);
    record.message = fault.detail;
    gateway().audit()->post(record);
    if (fault.kind == Kind::tls_hello) {
      // A TLS client would not understand an HTTP answer: the operator is told.
      gateway().trouble.say_hung_up(downstream_.listener, downstream_.client, fault.detail,
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
    co_await answer_and_close(wire::render_refusal(refusal));
  }

  asio::awaitable<void> answer_refused(const wire::ConnectRequest& connect, const Route& route,
                                       int status) {
    const std::string request_id = record_refused(connect, route);
    const std::string message =
        with_request_id(gateway_refusal(*route.refusal, route.reason), request_id);
    wire::Refusal refusal;
    refusal.status = status;
    refusal.message = message;
    refusal.request_id = request_id;
    refusal.close = true;
    co_await answer_and_close(wire::render_refusal(refusal));
  }

  asio::awaitable<void> answer_and_close(std::string bytes) {
    const net::error_code error = co_await downstream_.send(bytes);
    if (error) co_return;
    co_await downstream_.close_gently();
  }

  // Returns the request id under which it was recorded.
  std::string record_refused(const wire::ConnectRequest& connect, const Route& route) {
    state::AuditRecord record = make_record(downstream_, state::Event::connect);
    record.request_id = new_request_id();
    record.decision = "deny";
    record.effect = "refuse";
    record.code = name(*route.refusal);
    record.endpoint = connect.host.text();
    record.port = connect.port;
    record.message = route.reason;
    gateway().audit()->post(record);
    return record.request_id;
  }

  // What the first bytes decide comes after the 200: refusing is hanging up.
  asio::awaitable<void> open(wire::ConnectRequest connect, Route by_connect) {
    wire::HelloParse hello;
    const net::error_code error = co_await read_hello(by_connect, hello);
    // A client that ends without a byte may still be spoken to; one that ends inside a ClientHello
    // has not said whom it wants.
    const bool client_ended = error == asio::error::eof && downstream_.inbox.empty();
    if (error && (!client_ended || by_connect.kind == Route::Kind::intercept)) {
      record_lost(connect, error);
      co_return;
    }
    const bool seen = !std::holds_alternative<wire::NeedMore>(hello);
    Route route = by_connect;
    if (seen) route = route_hello(by_connect, hello, settings().intercept);
    if (route.kind != Route::Kind::channel) channel_.reset();
    if (route.kind == Route::Kind::channel) check_seat(downstream_, by_connect, route, channel_);
    if (route.kind == Route::Kind::refuse) {
      record_refused(connect, route);
      co_return;
    }
    if (route.kind == Route::Kind::intercept) {
      Interception interception = make_interception(connect, std::move(route), hello);
      co_await intercept(downstream_, std::move(interception));
      co_return;
    }
    TunnelTarget target = make_target(connect, std::move(route), seen);
    target.client_ended = client_ended;
    target.channel = std::move(channel_);
    opened_ = co_await open_tunnel(downstream_, std::move(target));
  }

  static Interception make_interception(const wire::ConnectRequest& connect, Route route,
                                        wire::HelloParse& hello) {
    Interception interception{connect.host, connect.port,  std::move(*route.endpoint),
                              std::nullopt, route.refusal, std::move(route.reason)};
    if (auto* read = std::get_if<wire::ClientHello>(&hello)) {
      interception.server_name = std::move(read->server_name);
    }
    return interception;
  }

  static TunnelTarget make_target(const wire::ConnectRequest& connect, Route route, bool seen) {
    return TunnelTarget{connect.host, connect.port, std::move(route), seen, false, nullptr};
  }

  // Until the first bytes are understood. NeedMore in `hello` and no error: the client waits for
  // its server. An error: what came before it is in the inbox.
  asio::awaitable<net::error_code> read_hello(const Route& route, wire::HelloParse& hello) {
    const Deadline deadline(limits().handshake_timeout);
    wire::HelloScan scan;
    for (;;) {
      hello = scan.advance(downstream_.inbox);
      if (!std::holds_alternative<wire::NeedMore>(hello)) co_return net::error_code();
      const bool may_wait = downstream_.inbox.empty() && route.kind != Route::Kind::intercept;
      if (may_wait) {
        const bool silent = co_await stays_silent();
        if (silent) co_return net::error_code();
      }
      const net::error_code error = co_await downstream_.read_more(deadline.left());
      if (error) co_return error;
    }
  }

  // The client was too slow with its ClientHello, or went away before it was whole.
  void record_lost(const wire::ConnectRequest& connect, const net::error_code& error) {
    state::AuditRecord record = make_record(downstream_, state::Event::connect);
    record.request_id = new_request_id();
    record.decision = "error";
    record.endpoint = connect.host.text();
    record.port = connect.port;
    record.message = error == asio::error::timed_out
                         ? "handshake-timeout: no whole ClientHello came"
                         : "the client hung up before its ClientHello";
    record.closed_by = "client";
    gateway().audit()->post(record);
  }

  // True when nothing arrived in `kFirstBytes`.
  asio::awaitable<bool> stays_silent() {
    const bool readable = co_await downstream_.stream->readable_within(kFirstBytes);
    co_return !readable;
  }

  Downstream& downstream_;
  SessionChannelPtr channel_;  // the place in a session, until the tunnel has it
  std::unique_ptr<OpenTunnel> opened_;
};

}  // namespace

asio::awaitable<std::unique_ptr<OpenTunnel>> serve_connection(Gateway& gateway, Arrival arrival,
                                                              std::shared_ptr<Watchdog> watchdog,
                                                              Admission::Ticket& ticket) {
  Downstream downstream{gateway,
                        std::move(arrival.generation),
                        *watchdog,
                        std::move(arrival.stream),
                        arrival.client,
                        std::move(arrival.listener),
                        std::move(arrival.entrance),
                        std::move(arrival.owner),
                        ticket,
                        Identity(),
                        std::string(),
                        std::string()};
  const Watchdog::Attachment attachment(*watchdog, *downstream.stream);
  bool open = true;
  if (downstream.entrance->context != nullptr) open = co_await pass_front_door(downstream);
  Connection connection(downstream);
  if (open) co_await connection.run();
  watchdog->finish();
  if (downstream.stream) downstream.stream->close();
  co_return connection.take_tunnel();
}

}  // namespace ssmgate::flow
