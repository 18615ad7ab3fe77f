// What a failed handshake with a client counts as.
#pragma once

#include "flow/closer.hpp"
#include "flow/downstream.hpp"
#include "net/tls_stream.hpp"
#include "state/metrics.hpp"

namespace ssmgate::flow {

[[nodiscard]] inline state::HandshakeTrouble trouble_of(const net::HandshakeFault& fault,
                                                        bool expired) {
  if (expired) return state::HandshakeTrouble::timeout;
  if (fault.certificate) return state::HandshakeTrouble::certificate;
  return fault.distrusted ? state::HandshakeTrouble::distrusted : state::HandshakeTrouble::other;
}

[[nodiscard]] inline std::string_view ended_by(const Downstream& downstream,
                                               const net::HandshakeFault& fault) {
  const bool ours = !fault.by_peer && !is_stopped(downstream) && !downstream.watchdog.expired();
  return ours ? name(Closer::error) : ended_by(downstream);
}

}  // namespace ssmgate::flow
