#include "config/log_address.hpp"

#include <charconv>

#include <sys/un.h>

namespace ssmgate::config {
namespace {

using Transport = LogAddress::Transport;

constexpr std::string_view kForms =
    "write `unix:/dev/log`, `udp://HOST:PORT`, `tcp://HOST:PORT` or `tls://HOST:PORT`";

std::string not_an_address(std::string_view text) {
  return "`" + std::string(text) + "` is no address of a log server; " + std::string(kForms);
}

std::variant<std::string, LogAddress> parse_unix(std::string_view text, std::string_view path) {
  // LIMIT: sun_path, with the zero at its end.
  constexpr std::size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;
  if (!path.starts_with('/') || path.size() > kLongest) {
    return "`" + std::string(text) + "` is not `unix:` and an absolute path of at most " +
           std::to_string(kLongest) + " characters";
  }
  LogAddress address;
  address.transport = Transport::unix_socket;
  address.path = path;
  return address;
}

}  // namespace

std::string LogAddress::text() const {
  const std::string bracketed = host.find(':') == std::string::npos ? host : "[" + host + "]";
  std::string place = bracketed + ":" + std::to_string(port);
  switch (transport) {
    case Transport::unix_socket: return "unix:" + path.string();
    case Transport::udp: return "udp://" + place;
    case Transport::tcp: return "tcp://" + place;
    case Transport::tls: return "tls://" + place;
  }
  return place;
}

std::variant<std::string, LogAddress> parse_log_address(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  if (text.starts_with(kUnix)) return parse_unix(text, text.substr(kUnix.size()));
  LogAddress address;
  if (text.starts_with("udp://")) {
    address.transport = Transport::udp;
  } else if (text.starts_with("tcp://")) {
    address.transport = Transport::tcp;
  } else if (text.starts_with("tls://")) {
    address.transport = Transport::tls;
  } else {
    return not_an_address(text);
  }
  const std::string_view place = text.substr(6);
  const std::size_t colon = place.rfind(':');
  if (colon == std::string_view::npos) return not_an_address(text);
  std::string_view host = place.substr(0, colon);
  const std::string_view port = place.substr(colon + 1);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (!bracketed && host.find(':') != std::string_view::npos) return not_an_address(text);
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto parsed = parse_host(host);
  if (!parsed) return not_an_address(text);
  address.host = parsed->text();
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size() || address.port == 0) {
    return not_an_address(text);
  }
  return address;
}

}  // namespace ssmgate::config
