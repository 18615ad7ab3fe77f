// The first bytes inside a tunnel: which server does the client want to speak TLS to?
//
// SOURCE: RFC 8446 §4.1.2, §5.1 (records), RFC 6066 §3 (server_name).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "wire/connect.hpp"

namespace ssmgate::wire {

struct ClientHello {
  std::optional<std::string> server_name;  // as sent, ASCII; absent: no server_name extension
};

struct HelloFault {
  enum class Kind : std::uint8_t {
    not_tls,     // the bytes are no TLS record: a tunnel may carry anything
    unreadable,  // TLS, but not a ClientHello that can be read
    two_names,   // two names, or two server_name extensions
    too_large,
  };
  Kind kind = Kind::not_tls;
  std::string detail;
};

// LIMIT: 64 KiB of records; OpenSSL's own limit for a ClientHello is 128 KiB, and real ones are
// under 2 KiB.
inline constexpr std::size_t kMaxClientHello = 64 * 1024;

using HelloParse = std::variant<NeedMore, HelloFault, ClientHello>;

// Reads a ClientHello that may be split over records and reads; never looks past it. The server
// name is the outer one: where Encrypted ClientHello hides another, no server of ours can be meant.
// LIMIT: a call costs O(records) until the message is whole, O(bytes) then.
[[nodiscard]] HelloParse parse_client_hello(std::string_view bytes);

}  // namespace ssmgate::wire
