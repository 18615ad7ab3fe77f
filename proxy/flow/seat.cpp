#include "flow/seat.hpp"

#include "flow/session_rules.hpp"
#include "ssmgate/rules/decide.hpp"

namespace ssmgate::flow {
namespace {

void refuse(Route& route, std::string reason) {
  route.kind = Route::Kind::refuse;
  route.refusal = Code::no_session;
  route.reason = std::move(reason);
}

SessionChannelPtr take(Gateway& gateway, const Owner& owner,
                       const std::shared_ptr<Watchdog>& watchdog, const config::Sessions& settings,
                       Route& route) {
  const std::string& host = route.endpoint->host;
  auto found = gateway.sessions.seat(owner, host, watchdog);
  if (auto* channel = std::get_if<SessionChannelPtr>(&found)) return std::move(*channel);
  if (!settings.require_decision) return nullptr;
  if (settings.without_start == config::Sessions::WithoutStart::allow) {
    route.reason = "no session of this owner waits for it; `sessions.without_start` lets it pass";
    return nullptr;
  }
  const bool beside = std::get<SessionKeeper::NoSeat>(found).beside_live;
  refuse(route, beside ? "the session there has its data channel already, and a session has one at "
                         "a time"
                       : "no session of yours waits for a data channel to " + host +
                             "; start or resume one through this gateway");
  gateway.trouble.say_no_session(owner.name, host, beside);
  return nullptr;
}

}  // namespace

SessionChannelPtr take_seat(const Downstream& downstream, Route& route) {
  return take(downstream.gateway, owner_of(downstream), downstream.watchdog.shared_from_this(),
              downstream.generation->config.sessions, route);
}

void check_channel_name(const config::Sessions& settings, const Route& by_connect, Route& route) {
  // What was let through to one host is not let through to another.
  if (route.endpoint->host == by_connect.endpoint->host || !settings.require_decision) return;
  refuse(route, "its CONNECT names the data channel of " + by_connect.endpoint->host +
                    ", the TLS inside asks for that of " + route.endpoint->host);
}

void check_seat(Gateway& gateway, const Owner& owner, const std::shared_ptr<Watchdog>& watchdog,
                const config::Sessions& settings, const Route& by_connect, Route& route,
                SessionChannelPtr& channel) {
  if (by_connect.kind != Route::Kind::channel) {
    channel = take(gateway, owner, watchdog, settings, route);
    return;
  }
  check_channel_name(settings, by_connect, route);
}

void check_seat(const Downstream& downstream, const Route& by_connect, Route& route,
                SessionChannelPtr& channel) {
  check_seat(downstream.gateway, owner_of(downstream), downstream.watchdog.shared_from_this(),
             downstream.generation->config.sessions, by_connect, route, channel);
}

}  // namespace ssmgate::flow
