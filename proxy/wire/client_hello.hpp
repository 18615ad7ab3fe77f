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
class HelloScan {
 public:
  // `bytes` are those of the call before and what has come since. Once it has answered other than
  // NeedMore, the scan is over.
  // LIMIT: however the bytes are cut, all calls together cost O(bytes + calls).
  [[nodiscard]] HelloParse advance(std::string_view bytes);

 private:
  std::optional<HelloParse> read_record(std::string_view rest);

  // Of the records that are whole.
  std::size_t at_ = 0;        // where they end
  std::size_t records_ = 0;   // how many they are
  std::size_t gathered_ = 0;  // bytes of the message in them
  std::string header_;        // of the message, at most four bytes

  std::size_t message_size_ = 0;  // its header included; known with the fourth byte
};

// Of bytes that are all there are.
[[nodiscard]] HelloParse parse_client_hello(std::string_view bytes);

}  // namespace ssmgate::wire
