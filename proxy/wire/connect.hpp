// The first bytes of a connection: a CONNECT request, or something that is none.
//
// Owns: the grammar of CONNECT and the canonical authority. Does not own: what may be connected to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "ssmgate/code.hpp"
#include "ssmgate/names/host.hpp"
#include "wire/head_scan.hpp"

namespace ssmgate::wire {

struct NeedMore {};

struct ConnectRequest {
  Host host;               // canonical; an address where the authority held one
  std::uint16_t port = 0;  // 1–65535
  std::string authority;   // as sent, for the record (printable)
  bool http_1_0 = false;
  std::optional<std::string> proxy_authorization;  // the field's value, as sent
  std::size_t consumed = 0;  // bytes of the head; what follows belongs to the tunnel
};

struct ConnectFault {
  enum class Kind : std::uint8_t {
    tls_hello,      // a TLS ClientHello on a plain port: an https:// proxy URL
    plain_request,  // GET http://… or POST https://…: not a tunnel
    not_http,
    bad_request,
    host_mismatch,   // Host differs from the authority
    has_body,        // Content-Length or Transfer-Encoding
    head_too_large,  // 431
  };
  Kind kind = Kind::bad_request;
  std::string detail;  // one line, printable
};

// The HTTP status that answers a fault: 400, or 431.
[[nodiscard]] int status_of(ConnectFault::Kind kind) noexcept;

using ConnectParse = std::variant<NeedMore, ConnectFault, ConnectRequest>;

// Parses the bytes read so far. CONNECT in HTTP/1.0 without Host, as the AWS CLI sends it, and in
// HTTP/1.1. On NeedMore the caller calls again with all the bytes and the same `scan`, which keeps
// the whole head at O(bytes). The answer does not depend on how the bytes were split.
[[nodiscard]] ConnectParse parse_connect(std::string_view bytes, HeadScan& scan);
[[nodiscard]] ConnectParse parse_connect(std::string_view bytes);

}  // namespace ssmgate::wire
