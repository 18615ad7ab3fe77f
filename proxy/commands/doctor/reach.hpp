// A TLS connection to an SSM endpoint, opened as the gateway opens its own: directly or through a
// proxy. The proxy may be the gateway itself.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/config.hpp"
#include "flow/upstream_fault.hpp"
#include "flow/way_out.hpp"
#include "tls/openssl.hpp"

namespace ssmgate::doctor {

// What the other side showed, its own certificate first.
using Shown = std::vector<tls::CertificatePtr>;

// Believes whatever is shown, and puts it into `shown`, which must outlive the context's use; null
// only when OpenSSL fails.
[[nodiscard]] tls::ContextPtr make_observing_context(Shown& shown);

struct Meeting {
  std::optional<flow::UpstreamFault> fault;                   // absent: the handshake was had
  std::optional<std::chrono::system_clock::time_point> date;  // of the answer, where one was asked
};

// The handshake with `host`, port 443; the connection is closed after it. `parent`: the proxy in
// between; absent: dialled. `ask_date`: a `GET /`, which an SSM endpoint answers with an error and
// its `Date`. Ends within `upstream.connect_timeout`, and as long again for the answer.
[[nodiscard]] Meeting shake_hands(const config::Upstream& upstream,
                                  std::optional<flow::ParentProxy> parent, tls::ContextPtr context,
                                  const std::string& host, bool ask_date);

// "Sun, 06 Nov 1994 08:49:37 GMT" of a head's `Date` field (RFC 9110 §5.6.7); nothing: none.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> find_date(std::string_view head);

}  // namespace ssmgate::doctor
