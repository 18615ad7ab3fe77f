// TLS where the listener speaks it → CONNECT → who calls → route by name → 200 → first bytes →
// route by SNI → intercept | tunnel.
#include "flow/connection.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>

#include "flow/connect_answer.hpp"
#include "flow/downstream.hpp"
#include "flow/front_door.hpp"
#include "flow/intercept.hpp"
#include "flow/renewal.hpp"
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

// What a CONNECT that was answered with 200 asked for.
struct Asked {
  Host host;
  std::uint16_t port = 0;
  Route route;  // by the CONNECT alone
  std::optional<Unidentified> unidentified;
};

// Where it then goes. Both null: nowhere.
struct Way {
  std::unique_ptr<Interception> interception;
  std::unique_ptr<TunnelTarget> tunnel;
};

// In two stretches, a coroutine each: begin() until the 200, open_way() from the first bytes on. A
// client that lets its server speak first is silent between them, and many are at a time: then this
// object is all that is kept (docs/decisions/0028-who-waits-holds-little.md).
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Gateway& gateway, Arrival& arrival, std::shared_ptr<Watchdog> watchdog,
             std::unique_ptr<Admission::Ticket> ticket, const asio::any_io_executor& executor)
      : executor_(executor),
        watchdog_(std::move(watchdog)),
        ticket_(std::move(ticket)),
        downstream_{gateway,
                    std::move(arrival.generation),
                    *watchdog_,
                    std::move(arrival.stream),
                    arrival.client,
                    std::move(arrival.listener),
                    std::move(arrival.entrance),
                    std::move(arrival.owner),
                    *ticket_,
                    Identity(),
                    tls::ClientProof(),
                    std::string(),
                    std::string()} {}

  // Begun in the loop of `executor`, and nowhere else is it used from then on: nor destroyed.
  static void start(std::shared_ptr<Connection> self) {
    asio::awaitable<void> first = self->begin();
    run(std::move(self), std::move(first));
  }

 private:
  static void run(std::shared_ptr<Connection> self, asio::awaitable<void> stretch) {
    const asio::any_io_executor executor = self->executor_;
    asio::co_spawn(executor, guard(std::move(self), std::move(stretch)), asio::detached);
  }

  // A fault of ours ends one connection, not the gateway.
  static asio::awaitable<void> guard(std::shared_ptr<Connection> self,
                                     asio::awaitable<void> stretch) {
    try {
      co_await std::move(stretch);
      co_return;
    } catch (const std::exception& error) {
      spdlog::error("a connection ended by a fault of ssmgate's own: {}", error.what());
    }
    self->watchdog_->finish();
  }

  asio::awaitable<void> begin() {
    attachment_.emplace(*watchdog_, *downstream_.stream);
    bool open = true;
    if (downstream_.entrance->context != nullptr) open = co_await pass_front_door(downstream_);
    if (open) open = co_await answer_connect();
    if (!open) co_return end();
    if (may_be_silent()) co_return wait_for_first_bytes();
    co_await open_way(false);
  }

  // True: the client may be waiting for its server to speak first, and the way is opened even if
  // nothing comes. What is to be intercepted begins with a ClientHello.
  bool may_be_silent() const {
    return downstream_.inbox.empty() && asked_->route.kind != Route::Kind::intercept;
  }

  void wait_for_first_bytes() {
    downstream_.stream->when_readable_within(
        kFirstBytes,
        [self = shared_from_this()](bool arrived) { run(self, self->open_way(!arrived)); });
  }

  // What the first bytes decide comes after the 200: refusing is hanging up.
  asio::awaitable<void> open_way(bool silent) {
    wire::HelloParse hello;
    net::error_code error;
    if (!silent) error = co_await read_hello(hello);
    Way way = choose_way(hello, error);
    if (way.interception) co_await intercept(downstream_, std::move(way.interception));
    if (way.tunnel) opened_ = co_await open_tunnel(downstream_, std::move(way.tunnel));
    end();
  }

  // In good order: a fault of ours destroys this object instead. What has become a tunnel goes on
  // without it, and takes the ticket along.
  void end() {
    attachment_.reset();
    watchdog_->finish();
    if (downstream_.stream) downstream_.stream->close();
    if (opened_ == nullptr) return;
    start_tunnel(std::move(opened_), gateway(), watchdog_, std::move(ticket_), executor_);
  }

  // True: it was answered with 200.
  asio::awaitable<bool> answer_connect() {
    std::optional<wire::ConnectRequest> connect;
    const bool readable = co_await read_connect(connect);
    if (!readable) co_return false;
    drop_head(connect->consumed);

    Asked asked{std::move(connect->host), connect->port, Route(), std::nullopt};
    asked.unidentified = co_await identify(downstream_, *connect);
    if (connect->proxy_authorization) wire::wipe(*connect->proxy_authorization);
    renew(downstream_);
    if (const std::optional<Route> revoked = find_revoked(downstream_)) {
      record_cut(asked, *revoked);
      co_return false;
    }
    route_asked(asked);
    if (asked.route.kind == Route::Kind::refuse) {
      const bool challenge = asked.unidentified && asked.unidentified->challenge;
      std::string request_id = record_refused(asked, asked.route);
      const int status = challenge ? 407 : 403;
      co_await answer_refused(downstream_, asked.route, status, std::move(request_id));
      co_return false;
    }
    asked_ = std::make_unique<Asked>(std::move(asked));
    const net::error_code error = co_await downstream_.send(wire::connect_established());
    if (error) record_lost(*asked_, "the client did not take the 200");
    co_return !error;
  }

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
      if (error) {
        record_unread(error);
        co_return false;
      }
      auto parsed = wire::parse_connect(downstream_.inbox, scan);
      if (auto* request = std::get_if<wire::ConnectRequest>(&parsed)) {
        connect = std::move(*request);
        co_return true;
      }
      if (auto* fault = std::get_if<wire::ConnectFault>(&parsed)) {
        co_await answer_fault(downstream_, *fault);
        co_return false;
      }
    }
  }

  // By what is in force.
  void route_asked(Asked& asked) {
    Route& route = asked.route;
    route = route_connect(asked.host, asked.port, settings().egress, settings().intercept);
    if (leads_to_us(asked.host, asked.port, route)) {
      route.kind = Route::Kind::refuse;
      route.refusal = Code::egress;
      route.reason = "this is the gateway itself; CONNECT to where you want to go";
    }
    if (asked.unidentified) {
      // Shown inside the TLS where there is one: clients never show the answer to a refused
      // CONNECT.
      if (route.kind != Route::Kind::intercept) route.kind = Route::Kind::refuse;
      route.refusal = asked.unidentified->code;
      route.reason = asked.unidentified->reason;
    }
    if (route.kind != Route::Kind::channel || channel_ != nullptr) return;
    channel_ = take_seat(downstream_, route);
  }

  // What follows the head belongs to the tunnel. The head's place held a password.
  void drop_head(std::size_t size) {
    std::string& inbox = downstream_.inbox;
    std::string rest = inbox.substr(size);
    wire::wipe(inbox);
    inbox = std::move(rest);
  }

  state::AuditRecord make_asked_record(const Asked& asked) const {
    state::AuditRecord record = make_record(downstream_, state::Event::connect);
    record.request_id = new_request_id();
    record.endpoint = asked.host.text();
    record.port = asked.port;
    return record;
  }

  // Returns the request id under which it was recorded.
  std::string record_refused(const Asked& asked, const Route& route) {
    state::AuditRecord record = make_asked_record(asked);
    fill_refusal(record, route);
    gateway().audit()->post(record);
    return record.request_id;
  }

  // By a reload, on its way.
  void record_cut(const Asked& asked, const Route& refused) {
    state::AuditRecord record = make_asked_record(asked);
    fill_cut(record, refused);
    gateway().audit()->post(record);
  }

  Way choose_way(wire::HelloParse& hello, const net::error_code& error) {
    const std::unique_ptr<Asked> asked = std::move(asked_);
    // A client that ends without a byte may still be spoken to; one that ends inside a ClientHello
    // has not said whom it wants.
    const bool client_ended = error == asio::error::eof && downstream_.inbox.empty();
    const bool lost = error && (!client_ended || asked->route.kind == Route::Kind::intercept);
    if (lost || is_stopped(downstream_)) {
      record_lost(*asked, error == asio::error::timed_out
                              ? "handshake-timeout: no whole ClientHello came"
                              : "the client hung up before its ClientHello");
      return {};
    }
    if (renew(downstream_)) {
      const std::optional<Route> revoked = find_revoked(downstream_);
      if (!revoked) route_asked(*asked);
      const Route& route = revoked ? *revoked : asked->route;
      if (route.kind == Route::Kind::refuse) {
        record_cut(*asked, route);
        return {};
      }
    }
    const bool seen = has_come(hello);
    if (!seen && asked->route.kind == Route::Kind::intercept) {
      // Since that reload, and whose TLS it will be nobody has seen.
      record_cut(*asked, make_refusal(Code::egress, asked->host.text() +
                                                        " is intercepted since a reload; connect "
                                                        "again"));
      return {};
    }
    Route route = asked->route;
    if (seen) route = route_hello(asked->route, hello, settings().intercept);
    if (route.kind != Route::Kind::channel) channel_.reset();
    if (route.kind == Route::Kind::channel) check_seat(downstream_, asked->route, route, channel_);
    Way way;
    if (route.kind == Route::Kind::refuse) {
      record_refused(*asked, route);
    } else if (route.kind == Route::Kind::intercept) {
      way.interception = make_interception(*asked, std::move(route), hello);
    } else {
      way.tunnel = make_target(*asked, std::move(route), std::move(hello));
      way.tunnel->client_ended = client_ended;
    }
    return way;
  }

  static std::unique_ptr<Interception> make_interception(Asked& asked, Route route,
                                                         wire::HelloParse& hello) {
    auto interception = std::make_unique<Interception>(Interception{
        std::move(asked.host), asked.port, std::move(*route.endpoint), std::nullopt, route.refusal,
        std::move(route.reason), asked.unidentified && asked.unidentified->momentary});
    if (auto* read = std::get_if<wire::ClientHello>(&hello)) {
      interception->server_name = std::move(read->server_name);
    }
    return interception;
  }

  std::unique_ptr<TunnelTarget> make_target(Asked& asked, Route route, wire::HelloParse hello) {
    return std::make_unique<TunnelTarget>(TunnelTarget{std::move(asked.host), asked.port,
                                                       std::move(route), std::move(hello), false,
                                                       std::move(channel_)});
  }

  // Until the first bytes are understood. An error: what came before it is in the inbox.
  asio::awaitable<net::error_code> read_hello(wire::HelloParse& hello) {
    const Deadline deadline(limits().handshake_timeout);
    wire::HelloScan scan;
    for (;;) {
      hello = scan.advance(downstream_.inbox);
      if (!std::holds_alternative<wire::NeedMore>(hello)) co_return net::error_code();
      const net::error_code error = co_await downstream_.read_more(deadline.left());
      if (error) co_return error;
    }
  }

  // Nobody is told of one that says nothing: what watches over the port opens and closes it.
  void record_unread(const net::error_code& error) {
    if (downstream_.inbox.empty()) return;
    state::AuditRecord record = make_record(downstream_, state::Event::connect);
    record.request_id = new_request_id();
    record.decision = "error";
    record.message = error == asio::error::timed_out
                         ? "header-timeout: no whole CONNECT came"
                         : "the connection ended in the middle of the CONNECT";
    record.closed_by = ended_by(downstream_);
    gateway().audit()->post(record);
  }

  // Over before there was a way.
  void record_lost(const Asked& asked, std::string_view why) {
    state::AuditRecord record = make_asked_record(asked);
    record.decision = "error";
    record.message = is_stopped(downstream_) ? "ended before the way was open" : why;
    record.closed_by = ended_by(downstream_);
    gateway().audit()->post(record);
  }

  const asio::any_io_executor executor_;
  const std::shared_ptr<Watchdog> watchdog_;
  std::unique_ptr<Admission::Ticket> ticket_;
  Downstream downstream_;
  std::optional<Watchdog::Attachment> attachment_;
  std::unique_ptr<Asked> asked_;
  SessionChannelPtr channel_;  // the place in a session, until the tunnel has it
  std::unique_ptr<OpenTunnel> opened_;
};

}  // namespace

void start_connection(Gateway& gateway, std::unique_ptr<Arrival> arrival,
                      std::shared_ptr<Watchdog> watchdog, std::unique_ptr<Admission::Ticket> ticket,
                      const asio::any_io_executor& executor) {
  Connection::start(std::make_shared<Connection>(gateway, *arrival, std::move(watchdog),
                                                 std::move(ticket), executor));
}

}  // namespace ssmgate::flow
