#include "config/proxy_url.hpp"

#include <algorithm>

#include "ssmgate/names/host.hpp"
#include "ssmgate/names/port.hpp"

namespace ssmgate::config {
namespace {

constexpr const char* kForm = "; write `http://proxy.example:3128` or `https://proxy.example:8443`";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Nothing for a stray `%`, and for control characters, which no header may carry.
std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
    decoded += c;
  }
  return decoded;
}

std::optional<std::string> read_userinfo(std::string_view text, ProxyUrl& url) {
  const std::size_t colon = text.find(':');
  const auto name = percent_decode(text.substr(0, colon));
  const auto password = colon == std::string_view::npos ? std::optional<std::string>("")
                                                        : percent_decode(text.substr(colon + 1));
  if (!name || !password) {
    return "the user or password in the url has a `%` that is not followed by two hex digits, or "
           "a control character; write a `%` itself as `%25`";
  }
  // RFC 7617 §2: the first colon ends the user's name.
  if (name->find(':') != std::string::npos) return "the user in the url holds a colon";
  url.username = *name;
  url.password = *password;
  return std::nullopt;
}

std::optional<std::string> read_authority(std::string_view text, ProxyUrl& url) {
  const bool bracketed = text.starts_with('[');
  const std::size_t colon = bracketed ? text.find(':', text.find(']')) : text.find(':');
  if (colon != std::string_view::npos) {
    const auto port = parse_port(text.substr(colon + 1));
    if (!port) return "the port in the url is not 1 to 65535";
    url.port = *port;
  }
  const auto host = parse_host(text.substr(0, colon));
  if (!host) return "the host in the url " + std::string(describe(host.error())) + kForm;
  url.host = host->text();
  return std::nullopt;
}

}  // namespace

std::variant<std::string, ProxyUrl> parse_proxy_url(std::string_view text) {
  ProxyUrl url;
  if (text.starts_with("https://")) {
    url.tls = true;
    url.port = 443;
  } else if (!text.starts_with("http://")) {
    return std::string("`url` begins with neither `http://` nor `https://`; SOCKS is not spoken") +
           kForm;
  }
  text.remove_prefix(url.tls ? 8 : 7);
  if (text.ends_with('/')) text.remove_suffix(1);
  // The last one: a password may hold an `@` that was not encoded.
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    if (auto fault = read_userinfo(text.substr(0, at), url)) return *fault;
    text.remove_prefix(at + 1);
  }
  if (text.find_first_of("/?#") != std::string_view::npos) {
    return std::string("`url` has a path, a query or a fragment, which mean nothing here") + kForm;
  }
  if (auto fault = read_authority(text, url)) return *fault;
  return url;
}

}  // namespace ssmgate::config
