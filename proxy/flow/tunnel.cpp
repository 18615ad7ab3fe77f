#include "flow/tunnel.hpp"

#include "flow/caller_fields.hpp"
#include "flow/renewal.hpp"
#include "flow/seat.hpp"
#include "flow/session_rules.hpp"
#include "ssmgate/rules/decide.hpp"

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace {

// Whose session it carries, and whether that is certain.
void fill_session(state::AuditRecord& record, const SessionChannel& channel) {
  const SessionFacts& facts = channel.facts();
  record.session_id = facts.id;
  record.session_candidates = static_cast<std::int64_t>(channel.candidates());
  record.rule = facts.rule;
  record.document = facts.document;
  record.target = facts.target;
  if (channel.candidates() == 1) return;
  record.message = "it may be another's: " + std::to_string(channel.candidates()) +
                   " sessions of this owner waited there, or have a channel that may be this one's";
}

// What ends with a tunnel.
struct Life {
  Life(Gateway& shared, std::shared_ptr<Watchdog> guard, std::unique_ptr<Admission::Ticket> place,
       OpenTunnel& open)
      : gateway(shared),
        watchdog(std::move(guard)),
        ticket(std::move(place)),
        begun(std::move(open.record)),
        late(std::move(open.late)),
        channel(std::move(open.channel)),
        traffic(open.carriage.traffic),
        client(*watchdog, *open.carriage.client),
        upstream(*watchdog, *open.carriage.upstream) {
    gateway.observations->metrics.tunnels.fetch_add(1, std::memory_order_relaxed);
  }
  ~Life() { gateway.observations->metrics.tunnels.fetch_sub(1, std::memory_order_relaxed); }
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;

  Gateway& gateway;
  const std::shared_ptr<Watchdog> watchdog;
  const std::unique_ptr<Admission::Ticket> ticket;
  const TunnelRecord begun;
  std::unique_ptr<LateBytes> late;
  SessionChannelPtr channel;
  const std::shared_ptr<net::Traffic> traffic;
  std::unique_ptr<Route> refusal;  // of late first bytes
  const Watchdog::Attachment client;
  const Watchdog::Attachment upstream;

  // Of what a silent client sends once the other side has been opened.
  net::Gate judge_late(std::string_view bytes) {
    const auto hello = late->scan.advance(bytes);
    if (!has_come(hello)) return net::Gate::wait;
    const GenerationPtr generation = gateway.current();
    Route route = route_hello(late->route, hello, generation->config.intercept);
    if (route.kind == Route::Kind::channel) seat_late(route, *generation);
    if (route.kind == Route::Kind::tunnel || route.kind == Route::Kind::channel) {
      late.reset();
      return net::Gate::open;
    }
    // Too late to intercept.
    if (route.reason.empty()) route.reason = "an SSM server name came late in a tunnel";
    if (!route.refusal) route.refusal = Code::endpoint_mismatch;
    refusal = std::make_unique<Route>(std::move(route));
    return net::Gate::refuse;
  }

  // A data channel's name that came late: the way is open already, and recorded by another name.
  void seat_late(Route& route, const Generation& generation) {
    std::optional<Route> revoked = find_revoked(*watchdog->entrance(), generation);
    if (!revoked && has_run_out(late->validity, gateway)) {
      revoked = make_refusal(Code::unauthenticated,
                             "it was too long ago that this connection was asked who calls; "
                             "connect again");
    }
    if (revoked) {
      revoked->reason += " (asked for " + route.endpoint->host + ")";
      route = std::move(*revoked);
      return;
    }
    const bool named_by_connect = late->route.kind == Route::Kind::channel;
    const config::Sessions& settings = generation.config.sessions;
    check_seat(gateway, late->owner, watchdog, settings, late->route, route, channel);
    if (named_by_connect || route.kind != Route::Kind::channel) return;
    if (channel != nullptr) channel->opened(traffic);
    record_seat(route);
  }

  void record_seat(const Route& route) const {
    state::AuditRecord record;
    record.event = state::Event::connect;
    record.time = gateway.now();
    record.request_id = begun.request_id;
    copy_caller(begun, record);
    record.endpoint = route.endpoint->host;
    record.port = begun.port;
    record.decision = "relay";
    record.effect = name(Effect::relay);
    record.message = route.reason;
    if (channel != nullptr) fill_session(record, *channel);
    gateway.audit()->post(record);
  }

  [[nodiscard]] Closer closer_of(const net::Carried& carried) const {
    if (refusal) return Closer::policy;
    if (!watchdog->stopped_by().empty()) return find_closer(watchdog->stopped_by());
    if (carried.ended_by == net::Side::none) return Closer::error;
    return carried.ended_by == net::Side::client ? Closer::client : Closer::upstream;
  }

  void record_end(const net::Carried& carried) const {
    state::AuditRecord record;
    record.event = state::Event::result;
    record.time = gateway.now();
    record.request_id = begun.request_id;
    copy_caller(begun, record);
    record.endpoint = begun.endpoint;
    record.port = begun.port;
    record.bytes_up = static_cast<std::int64_t>(carried.up);
    record.bytes_down = static_cast<std::int64_t>(carried.down);
    record.closed_by = name(closer_of(carried));
    if (channel != nullptr) record.session_id = channel->facts().id;
    const auto lasted = std::chrono::steady_clock::now() - begun.begun;
    record.duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(lasted).count();
    if (carried.refused && !refusal) {
      record.decision = "error";
      record.message = "the client hung up inside its ClientHello, and nothing of it was passed on";
    }
    if (refusal) fill_refusal(record, *refusal);
    gateway.audit()->post(record);
    if (channel != nullptr) channel->over(carried.up, carried.down, closer_of(carried));
  }
};

net::AddressFilter filter_for(const Downstream& downstream, const TunnelTarget& target) {
  // By what CONNECT names: an SSM server name inside does not open other addresses.
  const bool endpoint_host = !target.host.is_address() && find_endpoint(target.host.name());
  const Gateway& gateway = downstream.gateway;
  return [&gateway, endpoint_host, port = target.port](const asio::ip::tcp::endpoint& endpoint) {
    const GenerationPtr generation = gateway.current();
    const config::Egress& egress = generation->config.egress;
    const IpAddress plain = to_ip_address(endpoint.address());
    return is_denied_address(plain, egress, endpoint_host) ||
           gateway.is_own_listener(find_real_address(plain).value_or(plain), endpoint.port()) ||
           (!endpoint_host && egress_denies_address(plain, port, egress));
  };
}

std::unique_ptr<OpenTunnel> begin_tunnel(const Downstream& downstream, const TunnelTarget& target) {
  auto open = std::make_unique<OpenTunnel>();
  open->record.begun = std::chrono::steady_clock::now();
  open->record.request_id = new_request_id();
  open->record.endpoint = target.host.text();
  open->record.port = target.port;
  fill_caller(downstream, open->record);
  return open;
}

// Of its opening, at `asked`.
state::AuditRecord make_open_record(const TunnelRecord& begun, const TunnelTarget& target,
                                    std::chrono::system_clock::time_point asked) {
  state::AuditRecord record;
  record.event = state::Event::connect;
  record.time = asked;
  record.request_id = begun.request_id;
  copy_caller(begun, record);
  record.endpoint = begun.endpoint;
  record.port = begun.port;
  record.decision = "relay";
  record.effect = name(Effect::relay);
  if (target.channel != nullptr) fill_session(record, *target.channel);
  if (!target.route.reason.empty()) record.message = target.route.reason;
  return record;
}

void fill(OpenTunnel& open, Downstream& downstream, TunnelTarget& target, Opened& opened) {
  open.carriage.client = std::move(downstream.stream);
  open.carriage.upstream = std::move(opened.stream);
  open.carriage.to_upstream = std::move(downstream.inbox);
  open.carriage.to_upstream.shrink_to_fit();
  open.carriage.to_client = std::move(opened.early);
  open.carriage.client_ended = target.client_ended;
  open.carriage.traffic = std::make_shared<net::Traffic>();
  open.channel = std::move(target.channel);
  if (open.channel != nullptr) open.channel->opened(open.carriage.traffic);
  if (has_come(target.hello)) return;
  open.late = std::make_unique<LateBytes>();
  open.late->route = std::move(target.route);
  open.late->owner = owner_of(downstream);
  open.late->validity = validity_of(downstream);
}

// Why who calls is let no further, where that has to be asked anew.
asio::awaitable<std::optional<Route>> find_run_out(Downstream& downstream) {
  if (!has_run_out(validity_of(downstream), downstream.gateway)) co_return std::nullopt;
  std::optional<Unidentified> unidentified = co_await identify_anew(downstream);
  if (!unidentified) co_return std::nullopt;
  co_return make_refusal(unidentified->code, std::move(unidentified->reason));
}

// A dial takes time, in which a reload may have been: why it would not be opened by what is in
// force.
std::optional<Route> find_overtaken(Downstream& downstream, TunnelTarget& target) {
  if (!renew(downstream)) return std::nullopt;
  if (std::optional<Route> revoked = find_revoked(downstream)) return revoked;
  const config::Config& settings = downstream.generation->config;
  const config::Sessions& sessions = settings.sessions;
  Route by_connect = route_connect(target.host, target.port, settings.egress, settings.intercept);
  const bool seen = has_come(target.hello);
  Route now = seen ? route_hello(by_connect, target.hello, settings.intercept) : by_connect;
  if (now.kind == Route::Kind::intercept) {
    return make_refusal(Code::egress,
                        now.endpoint->host + " is intercepted since a reload; connect again");
  }
  const bool channel = now.kind == Route::Kind::channel;
  if (channel && by_connect.kind == Route::Kind::channel) {
    check_channel_name(sessions, by_connect, now);
  }
  if (now.kind == Route::Kind::refuse) return now;
  if (channel && target.channel == nullptr && needs_session(sessions)) {
    return make_refusal(Code::no_session,
                        "since a reload a data channel needs a session; start or "
                        "resume one through this gateway");
  }
  // By it the first bytes are judged when they come.
  if (!seen) {
    by_connect.reason = std::move(target.route.reason);
    target.route = std::move(by_connect);
  }
  return std::nullopt;
}

// Records what came of it. True: it is open, and `open` is filled.
bool conclude(OpenTunnel& open, Downstream& downstream, TunnelTarget& target,
              std::variant<UpstreamFault, Opened>& opened, const std::optional<Route>& run_out,
              std::chrono::system_clock::time_point asked) {
  Gateway& gateway = downstream.gateway;
  state::AuditRecord record = make_open_record(open.record, target, asked);
  if (std::holds_alternative<UpstreamFault>(opened) && is_stopped(downstream)) {
    record.decision = "error";
    record.message = "ended before the way was open";
    record.closed_by = ended_by(downstream);
    gateway.audit()->post(record);
    return false;
  }
  if (const auto* fault = std::get_if<UpstreamFault>(&opened)) {
    record.decision = fault->code == Code::egress ? "deny" : "error";
    record.effect = name(Effect::refuse);
    record.code = name(fault->code);
    record.message = fault->detail;
    gateway.audit()->post(record);
    if (fault->code != Code::egress) gateway.trouble.say(record.endpoint, *record.port, *fault);
    return false;
  }
  std::optional<Route> overtaken = find_overtaken(downstream, target);
  if (!overtaken) overtaken = run_out;
  if (overtaken) {
    fill_cut(record, *overtaken);
    gateway.audit()->post(record);
    return false;
  }
  fill(open, downstream, target, std::get<Opened>(opened));
  gateway.audit()->post(record);
  return true;
}

}  // namespace

asio::awaitable<std::unique_ptr<OpenTunnel>> open_tunnel(Downstream& downstream,
                                                         std::unique_ptr<TunnelTarget> target) {
  auto open = begin_tunnel(downstream, *target);
  const auto asked = downstream.gateway.now();
  std::optional<Route> run_out = co_await find_run_out(downstream);
  if (run_out) {
    state::AuditRecord record = make_open_record(open->record, *target, asked);
    fill_cut(record, *run_out);
    downstream.gateway.audit()->post(record);
    co_return nullptr;
  }
  const auto way_out = downstream.generation->way_out;
  const Deadline deadline(way_out->connect_timeout());
  net::AddressFilter denied = filter_for(downstream, *target);
  auto opened = co_await way_out->open(target->host, target->port, std::move(denied), deadline,
                                       downstream.watchdog);
  const bool dialled = std::holds_alternative<Opened>(opened);
  if (dialled) run_out = co_await find_run_out(downstream);
  const bool is_open = conclude(*open, downstream, *target, opened, run_out, asked);
  if (!is_open) co_return nullptr;
  co_return open;
}

void start_tunnel(std::unique_ptr<OpenTunnel> tunnel, Gateway& gateway,
                  std::shared_ptr<Watchdog> watchdog, std::unique_ptr<Admission::Ticket> ticket,
                  const asio::any_io_executor& executor) {
  const auto life =
      std::make_shared<Life>(gateway, std::move(watchdog), std::move(ticket), *tunnel);
  net::Carriage carriage = std::move(tunnel->carriage);
  if (life->late) {
    carriage.gate = [life](std::string_view bytes) { return life->judge_late(bytes); };
  }
  net::carry(executor, std::move(carriage), gateway.pipes,
             [life](const net::Carried& carried) { life->record_end(carried); });
}

}  // namespace ssmgate::flow
