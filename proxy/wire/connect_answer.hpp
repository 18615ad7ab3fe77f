// A parent proxy's answer to our CONNECT. Pure.
//
// SOURCE: RFC 9110 §9.3.6: any 2xx opens the tunnel, and what such an answer says of a length means
// nothing; RFC 9112 §4 for the status line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "wire/connect.hpp"

namespace ssmgate::wire {

struct ConnectAnswer {
  int status = 0;        // 200 to 599
  std::size_t size = 0;  // of the head, with any interim answers; what follows is the tunnel's
};

struct ConnectAnswerFault {
  std::string detail;  // printable
};

// LIMIT: 16 KiB of head; real ones are under 1 KiB.
inline constexpr std::size_t kMaxConnectAnswer = 16 * 1024;

// Interim answers (1xx, but 101) are passed over. Bare line feeds are taken as line ends: a proxy
// is trusted as far as its bytes go nowhere but here.
[[nodiscard]] std::variant<NeedMore, ConnectAnswerFault, ConnectAnswer> parse_connect_answer(
    std::string_view bytes);

// "CONNECT host:port HTTP/1.1" and what belongs to it. `authority` is HOST:PORT, canonical;
// `credentials` the value of Proxy-Authorization, or empty.
[[nodiscard]] std::string render_connect(std::string_view authority, std::string_view credentials);

// "Basic …" for a user and a password (RFC 7617).
[[nodiscard]] std::string render_basic(std::string_view user, std::string_view password);

}  // namespace ssmgate::wire
