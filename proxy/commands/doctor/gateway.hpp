// The gateway as this shell's clients meet it: a CONNECT at the proxy's address, and TLS inside.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "commands/doctor/finding.hpp"
#include "commands/doctor/reach.hpp"
#include "commands/doctor/surroundings.hpp"
#include "config/proxy_url.hpp"
#include "tls/authority.hpp"

namespace ssmgate::doctor {

struct GatewayFacts {
  enum class Outcome : std::uint8_t {
    failed,
    reached,
    speaks_plain,  // it is an https:// URL, and http:// is what is spoken there
    speaks_tls,    // and the reverse
  };
  Outcome outcome = Outcome::failed;
  config::ProxyUrl proxy;
  flow::UpstreamFault fault;         // of `failed`
  Shown shown;                       // of every other
  bool listener_distrusted = false;  // of `failed`: the proxy's own certificate
  bool asks_for_password = false;    // a host that is not SSM's was answered 407
};

// Asks for `host` through `proxy`, two more times where the proxy speaks another language than the
// URL says. `ask_password`: also for a host that does not exist, which is answered 407 where a
// password is missing or wrong.
[[nodiscard]] GatewayFacts gather_gateway(const config::ProxyUrl& proxy, const std::string& host,
                                          bool ask_password);

// What is known of the gateway beside what it showed.
struct GatewayView {
  std::string host;        // that was asked for
  std::string configured;  // the URL of the configuration's first listener; empty: unknown
  bool has_roots = false;  // the CA's certificate is on this machine
  bool ours = false;       // what was shown is believed by it
  bool is_aws = false;     // what was shown is believed by the public roots: nobody is in between
  tls::Clock::time_point now;
};

[[nodiscard]] Findings check_gateway(const GatewayFacts& facts, const GatewayView& view,
                                     const OwnCommands& own);

}  // namespace ssmgate::doctor
