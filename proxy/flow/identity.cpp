// The peer first, then what its listener's `auth` asks for: nothing, a password, a certificate, or
// the user of the socket. Certificates run out, and users of this machine are others: both are
// asked for again.
#include "flow/identity.hpp"

#include <algorithm>
#include <utility>

#include <unistd.h>

#include "auth/certificate_user.hpp"
#include "flow/downstream.hpp"
#include "ssmgate/rules/decide.hpp"
#include "wire/basic_credentials.hpp"
#include "wire/connect.hpp"

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace {

using Outcome = std::optional<Unidentified>;

Unidentified refuse(Code code, std::string reason) {
  return Unidentified{code, std::move(reason), false, false};
}

Unidentified refuse_for_now(Code code, std::string reason) {
  return Unidentified{code, std::move(reason), false, true};
}

Unidentified ask_for_password(std::string reason) {
  return Unidentified{Code::unauthenticated, std::move(reason), true, false};
}

// A slow directory, or many passwords before this one, are waited for as long as a head is.
std::chrono::steady_clock::time_point patience(const Downstream& downstream) {
  return std::chrono::steady_clock::now() + downstream.generation->config.limits.header_timeout;
}

bool is_allowed(const Downstream& downstream) {
  const auto& clients = downstream.entrance->settings.clients;
  return clients.empty() || std::ranges::any_of(clients, [&](const Cidr& block) {
           return block.contains(downstream.client);
         });
}

asio::awaitable<Outcome> check_password(Downstream& downstream,
                                        const wire::ConnectRequest& connect) {
  if (!connect.proxy_authorization) {
    const bool secure = downstream.entrance->settings.tls.has_value();
    co_return ask_for_password(
        "it came without a user name and a password; put them into the proxy URL: " +
        std::string(secure ? "https" : "http") + "://NAME:PASSWORD@ADDRESS:PORT");
  }
  auto parsed = wire::parse_basic_credentials(*connect.proxy_authorization);
  if (const auto* fault = std::get_if<wire::CredentialsFault>(&parsed)) {
    co_return ask_for_password(std::string(fault->detail));
  }
  auto& credentials = std::get<wire::BasicCredentials>(parsed);
  const std::string user = credentials.name;
  const auto deadline = patience(downstream);
  const auth::Verdict verdict = co_await downstream.gateway.passwords.check(
      downstream.entrance->guests->users, std::move(credentials), downstream.client, deadline);
  if (verdict == auth::Verdict::busy) {
    co_return refuse_for_now(Code::over_limit,
                             "too many passwords wait to be checked; try again in a moment");
  }
  if (verdict == auth::Verdict::wrong) {
    co_return ask_for_password("the user name or the password is wrong");
  }
  downstream.identity.user = user;
  co_return std::nullopt;
}

Outcome read_certificate(Downstream& downstream) {
  X509* const certificate = downstream.proof.certificate.get();
  // The handshake wants one: this is our own mistake, and refuses.
  if (certificate == nullptr) {
    return refuse(Code::unauthenticated, "the client showed no certificate");
  }
  auto user = auth::user_of_certificate(certificate);
  if (auto* fault = std::get_if<auth::CertificateFault>(&user)) {
    return refuse(Code::unauthenticated, std::move(fault->detail));
  }
  downstream.identity.user = std::get<std::string>(std::move(user));
  return std::nullopt;
}

// Fills `identity`.
asio::awaitable<Outcome> find_local_user(const Downstream& downstream, Identity& identity) {
  if (const auto* fault = std::get_if<net::OwnerFault>(&downstream.owner)) {
    Unidentified refused = refuse(Code::unauthenticated, fault->detail);
    refused.momentary = fault->is_momentary();
    co_return refused;
  }
  const uid_t uid = std::get<uid_t>(downstream.owner);
  const auto deadline = patience(downstream);
  const auto found = co_await downstream.gateway.local_users.find(uid, deadline);
  if (!found) {
    const std::string id = std::to_string(uid);
    co_return refuse_for_now(Code::unauthenticated,
                             "the system did not say who the user of id " + id +
                                 " is, or in what groups; try again in a moment, and if it stays "
                                 "so, see whether `getent passwd " +
                                 id + "` and `id` with that name answer there");
  }
  const auth::LocalUserPtr& user = found->user;
  if (user == nullptr) {
    co_return refuse_for_now(Code::unauthenticated,
                             "the system has no user of id " + std::to_string(uid));
  }
  identity.unix_user = user->name;
  identity.unix_groups = user->groups;
  identity.until = found->until;
  co_return std::nullopt;
}

asio::awaitable<Outcome> authenticate(Downstream& downstream, const wire::ConnectRequest& connect) {
  switch (downstream.entrance->settings.auth) {
    case config::Auth::none: co_return std::nullopt;
    case config::Auth::local_user:
      co_return co_await find_local_user(downstream, downstream.identity);
    case config::Auth::basic: co_return co_await check_password(downstream, connect);
    case config::Auth::mtls: co_return read_certificate(downstream);
  }
  co_return refuse(Code::unauthenticated, "the listener's `auth` is none that is known");
}

asio::awaitable<Outcome> find_local_user_anew(Downstream& downstream) {
  Identity now;
  Outcome refused = co_await find_local_user(downstream, now);
  if (refused) co_return refused;
  // What he has begun is another's.
  if (now.unix_user != downstream.identity.unix_user) {
    co_return refuse_for_now(Code::unauthenticated,
                             "`" + printable(now.label()) + "` was called `" +
                                 printable(downstream.identity.label()) +
                                 "` when this connection began; connect again");
  }
  downstream.identity = std::move(now);
  co_return std::nullopt;
}

}  // namespace

std::optional<Unidentified> check_own_user(const net::Owner& owner, const RunBy& by) {
  using Kind = net::OwnerFault::Kind;
  if (const auto* fault = std::get_if<net::OwnerFault>(&owner)) {
    // A kernel without tcp_diag says of every socket that it is gone; one that is sends no more.
    const bool may_be_own =
        fault->kind == Kind::unasked || fault->kind == Kind::gone ||
        (fault->kind == Kind::unnumbered && !net::has_number_of_its_own(by.user));
    if (may_be_own && !by.lends_a_name) return std::nullopt;
    Unidentified refused = refuse(Code::unauthenticated,
                                  fault->detail + ", and `ssmgate run` is for its own user alone");
    refused.momentary = fault->is_momentary();
    return refused;
  }
  const uid_t uid = std::get<uid_t>(owner);
  if (uid == by.user || uid == 0) return std::nullopt;
  return refuse(Code::client_not_allowed,
                "this gateway is another user's, who started it with `ssmgate run`; start one of "
                "your own");
}

std::string Identity::label() const {
  if (user) return *user;
  if (unix_user) return "unix:" + *unix_user;
  return {};
}

asio::awaitable<Outcome> identify(Downstream& downstream, const wire::ConnectRequest& connect) {
  if (!is_allowed(downstream)) {
    co_return refuse(Code::client_not_allowed, "the address " +
                                                   render_ip_address(downstream.client) +
                                                   " is not among the `clients` of this listener");
  }
  if (downstream.entrance->settings.own_user_only) {
    const RunBy by{::geteuid(), downstream.generation->config.upstream.proxy.has_value()};
    Outcome other = check_own_user(downstream.owner, by);
    if (other) co_return other;
  }
  Outcome refused = co_await authenticate(downstream, connect);
  if (refused) co_return refused;
  const std::string label = downstream.identity.label();
  if (!label.empty() && !downstream.ticket.count_for(label)) {
    co_return refuse_for_now(Code::over_limit,
                             "`" + printable(label) + "` has as many connections as one may have");
  }
  co_return std::nullopt;
}

Validity validity_of(const Downstream& downstream) noexcept {
  return {downstream.proof.until, downstream.identity.until};
}

bool has_run_out(const Validity& validity, const Gateway& gateway) {
  constexpr Validity kAlways{std::chrono::system_clock::time_point::max(),
                             std::chrono::steady_clock::time_point::max()};
  if (validity.certificate != kAlways.certificate && gateway.now() >= validity.certificate) {
    return true;
  }
  return validity.local_user != kAlways.local_user &&
         !gateway.local_users.holds(validity.local_user);
}

asio::awaitable<Outcome> identify_anew(Downstream& downstream) {
  const auto now = downstream.gateway.now();
  if (now >= downstream.proof.until) {
    std::optional<std::string> why =
        tls::verify_anew(downstream.entrance->context.get(), downstream.proof, now);
    if (why) co_return refuse_for_now(Code::unauthenticated, std::move(*why));
  }
  if (downstream.gateway.local_users.holds(downstream.identity.until)) co_return std::nullopt;
  co_return co_await find_local_user_anew(downstream);
}

}  // namespace ssmgate::flow
