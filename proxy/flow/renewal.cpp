#include "flow/renewal.hpp"

#include <string>
#include <utility>

namespace ssmgate::flow {
namespace {

Route refusal(Code code, std::string_view reason) {
  Route out;
  out.refusal = code;
  out.reason = reason;
  return out;
}

Route route_by(const config::Config& settings, const Host& host, std::uint16_t port) {
  return route_connect(host, port, settings.egress, settings.intercept);
}

std::string_view name_of(const std::optional<Endpoint>& endpoint) {
  return endpoint ? std::string_view(endpoint->host) : std::string_view();
}

bool leads_to_the_same(const Route& one, const Route& other) {
  return one.kind == other.kind && one.refusal == other.refusal &&
         one.only_name == other.only_name && name_of(one.endpoint) == name_of(other.endpoint);
}

// Whether a data channel without a session may pass.
bool asks_for_the_same(const config::Sessions& one, const config::Sessions& other) {
  return one.require_decision == other.require_decision && one.without_start == other.without_start;
}

}  // namespace

bool is_revoked(const Downstream& downstream) noexcept {
  return !is_in_force(*downstream.entrance, downstream.generation->entrances);
}

std::optional<Route> renew(Downstream& downstream, const Host& host, std::uint16_t port) {
  const GenerationPtr was = std::exchange(downstream.generation, downstream.gateway.current());
  if (is_revoked(downstream)) return refusal(Code::unauthenticated, kRevoked);
  if (was == downstream.generation) return std::nullopt;
  const config::Config& is = downstream.generation->config;
  const Route before = route_by(was->config, host, port);
  Route now = route_by(is, host, port);
  if (!leads_to_the_same(before, now)) {
    if (now.kind == Route::Kind::refuse) return now;
    return refusal(Code::egress, "a reload has changed where this CONNECT leads; connect again");
  }
  const bool channel = now.kind == Route::Kind::channel;
  if (channel && !asks_for_the_same(was->config.sessions, is.sessions)) {
    return refusal(Code::no_session, "a reload has changed `sessions`; connect again");
  }
  return std::nullopt;
}

}  // namespace ssmgate::flow
