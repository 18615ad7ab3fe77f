#include "flow/tunnel.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "ssmgate/rules/decide.hpp"

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kBufferSize = 32 * 1024;

// Both directions of one open tunnel.
class Relay {
 public:
  Relay(Downstream& downstream, net::Stream& upstream, const TunnelTarget& target)
      : downstream_(downstream), upstream_(upstream), target_(target) {}

  asio::awaitable<void> run() {
    auto both = asio::experimental::awaitable_operators::operator&&(up(), down());
    co_await std::move(both);
  }

  std::int64_t bytes_up = 0;
  std::int64_t bytes_down = 0;
  std::string closed_by;
  std::optional<Route> refusal;  // the late first bytes were refused

 private:
  asio::awaitable<void> up() {
    client_ended_ = target_.client_ended;
    const bool admitted = co_await admit_first_bytes();
    if (!admitted) {
      stop("client");
      co_return;
    }
    if (client_ended_) {
      co_await pass_end(upstream_, "client");
      co_return;
    }
    co_await copy(*downstream_.stream, upstream_, bytes_up, "client");
  }

  asio::awaitable<void> down() {
    co_await copy(upstream_, *downstream_.stream, bytes_down, "upstream");
  }

  // Sends what the client sent first, once it is known not to be a ClientHello that must be
  // intercepted. False: refused, or the client is gone.
  asio::awaitable<bool> admit_first_bytes() {
    std::string& inbox = downstream_.inbox;
    while (!target_.hello_seen && !client_ended_) {
      const auto hello = wire::parse_client_hello(inbox);
      if (!inbox.empty() && !std::holds_alternative<wire::NeedMore>(hello)) {
        if (!may_pass(hello)) co_return false;
        break;
      }
      char buffer[4096];
      const asio::mutable_buffer space(buffer, sizeof buffer);
      const net::Transfer got = co_await downstream_.stream->read_some(space);
      client_ended_ = got.error == asio::error::eof;
      if (got.error && !client_ended_) co_return false;
      inbox.append(buffer, got.size);
    }
    if (inbox.empty()) co_return true;
    const asio::const_buffer first(inbox.data(), inbox.size());
    const net::Transfer sent = co_await upstream_.write(first);
    bytes_up += static_cast<std::int64_t>(inbox.size());
    inbox = std::string();
    co_return !sent.error;
  }

  bool may_pass(const wire::HelloParse& hello) {
    Route route = route_hello(target_.route, hello, downstream_.generation->config.intercept);
    if (route.kind == Route::Kind::tunnel || route.kind == Route::Kind::channel) return true;
    // Too late to intercept: the other side has been opened.
    if (route.reason.empty()) route.reason = "an SSM server name came late in a tunnel";
    if (!route.refusal) route.refusal = Code::endpoint_mismatch;
    refusal = std::move(route);
    return false;
  }

  // Passes one side's end on, so that the other direction may go on.
  asio::awaitable<void> pass_end(net::Stream& to, std::string_view side) {
    if (closed_by.empty()) closed_by = side;
    const net::error_code ended = co_await to.finish_writing();
    if (ended) stop(side);
  }

  // Until `from` ends.
  asio::awaitable<void> copy(net::Stream& from, net::Stream& to, std::int64_t& bytes,
                             std::string_view side) {
    std::string buffer(kBufferSize, '\0');
    for (;;) {
      const asio::mutable_buffer space(buffer.data(), buffer.size());
      const net::Transfer got = co_await from.read_some(space);
      if (got.error == asio::error::eof) {
        co_await pass_end(to, side);
        co_return;
      }
      if (got.error) {
        stop(side);
        co_return;
      }
      const asio::const_buffer arrived(buffer.data(), got.size);
      const net::Transfer sent = co_await to.write(arrived);
      if (sent.error) {
        stop("");
        co_return;
      }
      bytes += static_cast<std::int64_t>(got.size);
    }
  }

  // Ends both directions at once: one side is gone.
  void stop(std::string_view side) {
    if (closed_by.empty()) closed_by = side;
    downstream_.stream->close();
    upstream_.close();
  }

  Downstream& downstream_;
  net::Stream& upstream_;
  const TunnelTarget& target_;
  bool client_ended_ = false;
};

net::AddressFilter filter_for(const Downstream& downstream, const TunnelTarget& target) {
  // By what CONNECT names: an SSM server name inside does not open other addresses.
  const bool endpoint_host = !target.host.is_address() && find_endpoint(target.host.name());
  const Gateway& gateway = downstream.gateway;
  const config::Egress& egress = downstream.generation->config.egress;
  return [&gateway, &egress, endpoint_host, port = target.port](const asio::ip::address& address) {
    const IpAddress plain = to_ip_address(address);
    return is_denied_address(plain, egress, endpoint_host) ||
           gateway.is_own_listener(plain, port) ||
           (!endpoint_host && egress_denies_address(plain, port, egress));
  };
}

}  // namespace

asio::awaitable<void> tunnel(Downstream& downstream, TunnelTarget target) {
  Gateway& gateway = downstream.gateway;
  const auto begun = std::chrono::steady_clock::now();
  state::AuditRecord record = make_record(downstream, state::Event::connect);
  record.request_id = new_request_id();
  record.endpoint = target.host.text();
  record.port = target.port;
  record.decision = "relay";
  record.effect = name(Effect::relay);

  const std::string host = target.host.text();
  auto dial = co_await downstream.generation->dialer.dial(host, target.port,
                                                          filter_for(downstream, target));
  if (auto* fault = std::get_if<net::DialFault>(&dial)) {
    const bool denied = fault->code == Code::egress;
    record.decision = denied ? "deny" : "error";
    record.effect = name(Effect::refuse);
    record.code = name(fault->code);
    record.message = fault->detail;
    gateway.audit()->post(record);
    co_return;
  }
  gateway.audit()->post(record);
  const net::StreamPtr upstream = std::move(std::get<net::StreamPtr>(dial));
  const Watchdog::Attachment attachment(downstream.watchdog, *upstream);
  Relay relay(downstream, *upstream, target);
  co_await relay.run();

  state::AuditRecord result = make_record(downstream, state::Event::result);
  result.request_id = record.request_id;
  result.endpoint = record.endpoint;
  result.port = record.port;
  result.bytes_up = relay.bytes_up;
  result.bytes_down = relay.bytes_down;
  result.closed_by = relay.closed_by;
  if (downstream.watchdog.stopped()) result.closed_by = "shutdown";
  result.duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                           std::chrono::steady_clock::now() - begun)
                           .count();
  if (relay.refusal) {
    result.decision = "deny";
    result.effect = name(Effect::refuse);
    result.code = name(*relay.refusal->refusal);
    result.message = relay.refusal->reason;
    result.closed_by = "policy";
  }
  gateway.audit()->post(result);
}

}  // namespace ssmgate::flow
