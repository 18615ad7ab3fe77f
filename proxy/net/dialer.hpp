// Opens a TCP connection to one of a host's addresses.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "net/race.hpp"
#include "net/resolver.hpp"
#include "ssmgate/code.hpp"

namespace ssmgate::net {

struct DialFault {
  Code code = Code::upstream_refused;  // upstream_name, upstream_refused, upstream_timeout, egress,
                                       // over_limit
  std::string detail;                  // printable; names the address that was tried
};

using Dial = std::variant<DialFault, StreamPtr>;

struct DialOptions {
  // "host:port", lower case → the address dialled instead of looking the name up.
  std::map<std::string, asio::ip::tcp::endpoint> resolve;
  std::chrono::milliseconds connect_timeout{5000};
};

// Looks the name up and races its addresses (RFC 8305): both families, 250 ms apart, the first to
// answer wins. A connection that fails before a byte was sent is tried again on the next address;
// nothing else ever is. The socket has TCP_NODELAY and keep-alive set.
class Dialer {
 public:
  Dialer(Resolver& resolver, DialOptions options)
      : resolver_(resolver), options_(std::move(options)) {}
  // `denied` true: the address is passed over; when all are, the fault is `egress`. Name and
  // connection together end at `deadline`.
  [[nodiscard]] asio::awaitable<Dial> dial(std::string host, std::uint16_t port,
                                           AddressFilter denied,
                                           std::chrono::steady_clock::time_point deadline);
  [[nodiscard]] const DialOptions& options() const noexcept { return options_; }

 private:
  Resolver& resolver_;
  DialOptions options_;
};

}  // namespace ssmgate::net
