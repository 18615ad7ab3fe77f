// Whether a data channel may be opened: it belongs to a session, or is let through without one, or
// is refused.
#pragma once

#include <memory>

#include "flow/downstream.hpp"
#include "flow/route.hpp"
#include "flow/session_channel.hpp"

namespace ssmgate::flow {

// For a `route` to a channel, by its CONNECT. Null: let through without a session, for the reason
// that `route` then holds; or refused, and `route` says so.
[[nodiscard]] SessionChannelPtr take_seat(const Downstream& downstream, Route& route);

// For a `route` that its ClientHello has made one to a channel: `channel` is what its CONNECT got,
// and fits, or it gets one now, or `route` becomes a refusal and `channel` is left as it is.
void check_seat(const Downstream& downstream, const Route& by_connect, Route& route,
                SessionChannelPtr& channel);
// The same, when the bytes came late.
void check_seat(Gateway& gateway, const Owner& owner, const std::shared_ptr<Watchdog>& watchdog,
                const config::Sessions& settings, const Route& by_connect, Route& route,
                SessionChannelPtr& channel);

// Refuses `route` where its CONNECT names another data channel than the TLS inside.
void check_channel_name(const config::Sessions& settings, const Route& by_connect, Route& route);

// Whether a data channel is refused that no session waits for.
[[nodiscard]] inline bool needs_session(const config::Sessions& settings) noexcept {
  return settings.require_decision &&
         settings.without_start == config::Sessions::WithoutStart::refuse;
}

}  // namespace ssmgate::flow
