// CONNECT, read in the order of the bytes: the method, the authority, then the fields.
#include "wire/connect.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace ssmgate::wire {
namespace {

using ConnectKind = ConnectFault::Kind;

constexpr std::string_view kMethod = "CONNECT";
// LIMIT: a longer first word is no method; the longest registered one has 17 letters.
constexpr std::size_t kMaxMethod = 32;

// What speaks no HTTP at all shows by its first byte.
std::optional<ConnectFault> check_first_byte(unsigned char byte) {
  switch (byte) {
    case 0x16:
      return ConnectFault{ConnectKind::tls_hello,
                          "a TLS handshake on a plain port: the client's proxy URL begins with "
                          "`https://`; use `http://` in HTTPS_PROXY"};
    case 0x04:
    case 0x05:
      return ConnectFault{ConnectKind::not_http,
                          "SOCKS is not spoken here: use `http://` instead of `socks://` in the "
                          "proxy URL"};
    default: break;
  }
  if (is_token_char(byte)) return std::nullopt;
  return ConnectFault{ConnectKind::not_http,
                      "the first byte begins no HTTP request: expected CONNECT"};
}

bool looks_like_method(std::string_view word) {
  return std::all_of(word.begin(), word.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; });
}

// A request to a proxy that is to make the TLS itself.
constexpr std::string_view kSecureUrl = "https:";

// Decides on `METHOD SP` and how the target begins.
std::optional<ConnectFault> check_method(std::string_view bytes) {
  const std::size_t space = bytes.substr(0, kMaxMethod + 1).find(' ');
  if (space == std::string_view::npos) {
    if (bytes.size() <= kMaxMethod) return std::nullopt;
    return ConnectFault{ConnectKind::not_http,
                        "no HTTP request: expected `CONNECT HOST:PORT HTTP/1.1`"};
  }
  const std::string_view method = bytes.substr(0, space);
  if (method == kMethod || bytes.size() == space + 1) return std::nullopt;
  if (method == "PRI") {
    return ConnectFault{ConnectKind::not_http,
                        "HTTP/2 is not spoken to a proxy here: use HTTP/1.1"};
  }
  if (!looks_like_method(method)) {
    return ConnectFault{ConnectKind::not_http,
                        "no HTTP request: expected `CONNECT HOST:PORT HTTP/1.1`"};
  }
  std::string target(bytes.substr(space + 1, kSecureUrl.size()));
  for (char& c : target) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (target.starts_with('/') || target.starts_with('*')) {
    return ConnectFault{ConnectKind::plain_request,
                        quoted(method) +
                            " asks this port as if it were a web server; it is a "
                            "proxy: set HTTPS_PROXY to it"};
  }
  if (target == kSecureUrl) {
    return ConnectFault{ConnectKind::plain_request,
                        quoted(method) +
                            " of an `https://` URL in the clear: only CONNECT is served, in which "
                            "the client makes the TLS itself; let it tunnel"};
  }
  if (kSecureUrl.starts_with(target)) return std::nullopt;
  return ConnectFault{ConnectKind::plain_request,
                      quoted(method) +
                          " of a plain `http://` URL: only CONNECT is served; use an "
                          "`https://` endpoint and set HTTPS_PROXY"};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || text.front() == '0') return std::nullopt;
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port > 65535) {
    return std::nullopt;
  }
  return static_cast<std::uint16_t>(port);
}

struct Authority {
  std::string_view host;
  std::optional<std::string_view> port;
};

// Where the host ends: at the bracket, or at the only colon.
std::optional<Authority> split_authority(std::string_view text) {
  const bool bracket = text.starts_with('[');
  const std::size_t end = bracket ? text.find(']') : text.find(':');
  if (!bracket && end == std::string_view::npos) return Authority{text, std::nullopt};
  if (end == std::string_view::npos) return std::nullopt;
  const std::size_t size = bracket ? end + 1 : end;
  const std::string_view host = text.substr(0, size);
  // Brackets are for IPv6 alone, and IPv6 is for brackets alone.
  if (bracket && host.find(':') == std::string_view::npos) return std::nullopt;
  if (size == text.size()) return Authority{host, std::nullopt};
  if (text[size] != ':') return std::nullopt;
  return Authority{host, text.substr(size + 1)};
}

// The request line is whole and CONNECT's: `target` must be HOST:PORT.
std::optional<ConnectFault> read_authority(std::string_view target,
                                           std::optional<ConnectRequest>& request) {
  // Messages are logged: no query is shown, nor the name and the password in front of an `@`.
  if (target.find('?') != std::string_view::npos) {
    return ConnectFault{ConnectKind::bad_request,
                        "a target with a query: CONNECT wants HOST:PORT alone"};
  }
  if (const std::size_t at = target.rfind('@'); at != std::string_view::npos) {
    return ConnectFault{
        ConnectKind::bad_request,
        quoted(target.substr(at + 1)) + " comes with a user name: CONNECT wants HOST:PORT alone"};
  }
  const std::optional<Authority> authority = split_authority(target);
  if (!authority || !authority->port) {
    return ConnectFault{ConnectKind::bad_request,
                        quoted(target) +
                            " is no HOST:PORT: CONNECT wants both, and an IPv6 "
                            "address in brackets"};
  }
  const std::optional<std::uint16_t> port = parse_port(*authority->port);
  if (!port) {
    return ConnectFault{ConnectKind::bad_request,
                        quoted(target) + " has no port from 1 to 65535 in plain decimal"};
  }
  auto host = parse_host(authority->host);
  if (!host) {
    return ConnectFault{ConnectKind::bad_request,
                        quoted(target) + ": " + std::string(describe(host.error()))};
  }
  request.emplace(ConnectRequest{.host = std::move(*host),
                                 .port = *port,
                                 .authority = std::string(target),
                                 .http_1_0 = false,
                                 .proxy_authorization = std::nullopt,
                                 .consumed = 0});
  return std::nullopt;
}

// Case and one trailing dot apart, the same host and port. Java's clients leave the port out of
// Host: it is then 443, the port of the https URL that the tunnel is for.
bool names_authority(std::string_view value, const ConnectRequest& request) {
  const std::optional<Authority> authority = split_authority(value);
  if (!authority) return false;
  const std::optional<std::uint16_t> port =
      authority->port ? parse_port(*authority->port) : std::optional<std::uint16_t>(443);
  if (port != request.port) return false;
  const auto host = parse_host(authority->host);
  return host && *host == request.host;
}

std::optional<ConnectFault> read_fields(const SplitHead& head, ConnectRequest& request) {
  std::size_t hosts = 0;
  bool host_matches = true;
  for (const HttpField& field : head.fields) {
    if (spells(field.name, kContentLength) || spells(field.name, kTransferEncoding)) {
      return ConnectFault{ConnectKind::has_body,
                          quoted(field.name) + " on a CONNECT, which has no body"};
    }
    if (iequals(field.name, "Host")) {
      ++hosts;
      host_matches = host_matches && names_authority(field.value, request);
    }
    if (iequals(field.name, "Proxy-Authorization")) {
      if (request.proxy_authorization) {
        return ConnectFault{ConnectKind::bad_request, "two Proxy-Authorization fields: send one"};
      }
      request.proxy_authorization.emplace(field.value);
    }
  }
  if (hosts == 0 && !request.http_1_0) {
    return ConnectFault{ConnectKind::bad_request,
                        "HTTP/1.1 without a Host field: send `Host: " + request.authority + "`"};
  }
  if (hosts > 1) return ConnectFault{ConnectKind::host_mismatch, "two Host fields: send one"};
  if (!host_matches) {
    return ConnectFault{
        ConnectKind::host_mismatch,
        "Host is not the authority " + quoted(request.authority) + ": send both alike"};
  }
  return std::nullopt;
}

}  // namespace

int status_of(ConnectFault::Kind kind) noexcept {
  return kind == ConnectKind::head_too_large ? 431 : 400;
}

ConnectParse parse_connect(std::string_view bytes) {
  HeadScan scan;
  return parse_connect(bytes, scan);
}

ConnectParse parse_connect(std::string_view bytes, HeadScan& scan) {
  if (bytes.empty()) return NeedMore{};
  if (auto fault = check_first_byte(static_cast<unsigned char>(bytes.front()))) return *fault;

  const HeadScan::Step step = scan.advance(bytes);
  const std::string_view seen = bytes.substr(0, scan.size());
  if (auto fault = check_method(seen)) return *fault;

  // INVARIANT: what an earlier byte decides is answered before what a later one does, so that the
  // answer is the same whether the later bytes have arrived or not.
  std::optional<ConnectRequest> request;
  if (scan.start_line() != 0) {
    const std::size_t begin = kMethod.size() + 1;
    const std::string_view line = seen.substr(0, scan.start_line());
    const std::string_view target = line.substr(begin, line.find(' ', begin) - begin);
    if (auto fault = read_authority(target, request)) return *fault;
  }
  switch (step) {
    case HeadScan::Step::need_more: return NeedMore{};
    case HeadScan::Step::too_large: return ConnectFault{ConnectKind::head_too_large, scan.fault()};
    case HeadScan::Step::fault: {
      const bool connect = seen.starts_with("CONNECT ");
      return ConnectFault{connect ? ConnectKind::bad_request : ConnectKind::not_http, scan.fault()};
    }
    case HeadScan::Step::end: break;
  }

  const SplitHead head = split_head(seen);
  request->http_1_0 = head.minor == '0';
  request->consumed = seen.size();
  if (auto fault = read_fields(head, *request)) return *fault;
  return std::move(*request);
}

}  // namespace ssmgate::wire
