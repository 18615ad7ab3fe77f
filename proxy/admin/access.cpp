#include "admin/access.hpp"

#include <openssl/crypto.h>

#include <algorithm>

#include "config/values.hpp"
#include "ssmgate/names/ip_address.hpp"
#include "ssmgate/names/port.hpp"

namespace ssmgate::admin {
namespace {

constexpr std::string_view kBearer = "Bearer ";

std::string lower(std::string_view text) {
  std::string made(text);
  std::ranges::transform(made, made.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return made;
}

// Takes as long for a token that is nearly right as for any other.
bool is_token(std::string_view authorization, std::string_view token) {
  if (!authorization.starts_with(kBearer)) return false;
  const std::string_view given = authorization.substr(kBearer.size());
  return !token.empty() && given.size() == token.size() &&
         CRYPTO_memcmp(given.data(), token.data(), token.size()) == 0;
}

Answer unauthorized(std::string_view text) {
  Answer answer = error_answer(401, text);
  answer.fields.emplace_back("WWW-Authenticate", "Bearer realm=\"ssmgate admin\"");
  return answer;
}

}  // namespace

bool is_loopback_host(std::string_view host) {
  const bool bracketed = host.starts_with('[');
  const std::size_t end = bracketed ? host.find(']') : host.find(':');
  const std::string_view port =
      end == std::string_view::npos ? "" : host.substr(bracketed ? end + 1 : end);
  if (bracketed && end == std::string_view::npos) return false;
  if (!port.empty() && (port.front() != ':' || !parse_port(port.substr(1)))) return false;
  const std::string_view name = bracketed ? host.substr(1, end - 1) : host.substr(0, end);
  if (!bracketed && lower(name) == "localhost") return true;
  const auto address = parse_ip_address(name);
  return address && address->is_v4() != bracketed && config::is_loopback(*address);
}

std::optional<Answer> find_refusal(const Request& request, Access access, std::string_view token) {
  if (!is_loopback_host(request.host)) {
    return error_answer(403, "the Host is not this machine's own name: ask for `localhost`");
  }
  if (!request.origin.empty() && lower(request.origin) != "http://" + lower(request.host)) {
    return error_answer(403, "a page of another site may not ask the gateway");
  }
  // A link that a person follows leads to the page; anything else that another site asks for is
  // none of its business.
  const bool strange = request.fetch_site == "cross-site" || request.fetch_site == "same-site";
  const bool followed = request.fetch_mode == "navigate" && access == Access::read;
  if (strange && !followed) {
    return error_answer(403, "a page of another site may not ask the gateway");
  }
  if (!request.authorization.empty() && !is_token(request.authorization, token)) {
    return unauthorized(
        "the token is not the one of this gateway: see `admin.token` in its `state` folder");
  }
  if (access == Access::change && request.authorization.empty()) {
    return unauthorized(
        "this needs `Authorization: Bearer TOKEN`, with the token of `admin.token` in the "
        "gateway's `state` folder");
  }
  return std::nullopt;
}

}  // namespace ssmgate::admin
