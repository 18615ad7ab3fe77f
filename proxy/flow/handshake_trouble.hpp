// What a failed handshake with a client counts as.
#pragma once

#include "net/tls_stream.hpp"
#include "state/metrics.hpp"

namespace ssmgate::flow {

[[nodiscard]] inline state::HandshakeTrouble trouble_of(const net::HandshakeFault& fault,
                                                        bool expired) {
  if (expired) return state::HandshakeTrouble::timeout;
  if (fault.certificate) return state::HandshakeTrouble::certificate;
  return fault.distrusted ? state::HandshakeTrouble::distrusted : state::HandshakeTrouble::other;
}

}  // namespace ssmgate::flow
