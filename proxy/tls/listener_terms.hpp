// Until when the files are good by which a TLS listener shows itself and lets clients in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "tls/authority.hpp"
#include "tls/certificate.hpp"
#include "tls/listener_context.hpp"

namespace ssmgate::tls {

struct Term {
  enum class Of : std::uint8_t { certificate, client_ca, revocations };
  Of of = Of::certificate;
  std::filesystem::path file;
  Lifetime life;  // of revocations: until they are to be replaced by newer ones
};

// The listener's own certificate, each client CA, and the revocations of each. Of several with one
// name in one file the last to end counts, as it does in a handshake. What cannot be read, and
// revocations that say no end, are left out.
[[nodiscard]] std::vector<Term> read_terms(const ListenerFiles& files);

// LIMIT: two weeks before the end of a certificate, in which a person can have a new one made; a
// tenth of their time for revocations, which are made anew far more often.
[[nodiscard]] bool ends_soon(const Term& term, Clock::time_point now);

}  // namespace ssmgate::tls
