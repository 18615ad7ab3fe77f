// What is said of the files of listeners that end: nobody could come in any more.
#pragma once

#include <string>
#include <vector>

#include "flow/entrance.hpp"
#include "tls/listener_terms.hpp"

namespace ssmgate::flow {

// "the revocation list `/x/crl.pem` has expired at …: …"; empty: it does not end soon.
[[nodiscard]] std::string describe_end(const tls::Term& term, tls::Clock::time_point now);

// A line for the operator each, "what; what to do". Of what was loaded, not of the files by now.
[[nodiscard]] std::vector<std::string> find_listener_ends(const std::vector<EntrancePtr>& entrances,
                                                          tls::Clock::time_point now);

}  // namespace ssmgate::flow
