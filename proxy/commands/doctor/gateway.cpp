// What comes of what the gateway showed.
#include "commands/doctor/gateway.hpp"

#include "commands/doctor/proxy_variables.hpp"
#include "state/audit_record.hpp"
#include "tls/certificate.hpp"

namespace ssmgate::doctor {
namespace {

using Outcome = GatewayFacts::Outcome;

std::string both(const config::ProxyUrl& proxy) {
  std::string url = render_proxy(proxy);
  if (proxy.username) url.insert(url.find("//") + 2, "NAME:PASSWORD@");
  return "export HTTPS_PROXY=" + shell_word(url) + " https_proxy=" + shell_word(url);
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Finding failed(const GatewayFacts& facts, const GatewayView& view, const OwnCommands& own) {
  const std::string url = render_proxy(facts.proxy);
  if (facts.listener_distrusted) {
    return problem("gateway.listener",
                   "the certificate of " + url + " is not believed (" + facts.fault.detail +
                       "): the AWS CLI and boto3 judge it by SSL_CERT_FILE, not AWS_CA_BUNDLE",
                   own.gateway_is_here ? own.set_shell()
                                       : "export SSL_CERT_FILE=FILE, with the listener's CA in it");
  }
  std::string mend = own.line("serve") + " &";
  if (!view.configured.empty() && view.configured != url) mend = own.replace_proxy();
  if (!is_loopback(facts.proxy.host)) {
    mend = "curl -v -x " + url + " https://" + view.host + "/ (shows where it ends)";
  }
  return problem("gateway.unreachable", "no gateway answers at " + facts.fault.detail, mend);
}

bool made_by_ssmgate(const Shown& shown) {
  for (const auto& each : shown) {
    char organisation[16] = {};
    X509_NAME_get_text_by_NID(X509_get_issuer_name(each.get()), NID_organizationName, organisation,
                              sizeof organisation);
    if (std::string_view(organisation) == "ssmgate") return true;
  }
  return false;
}

bool has_key_ids(const Shown& shown) {
  for (const auto& each : shown) {
    if (X509_get0_subject_key_id(each.get()) == nullptr ||
        X509_get0_authority_key_id(each.get()) == nullptr) {
      return false;
    }
  }
  return true;
}

// Each certificate is issued by the next, by names and by key identifiers.
bool is_chain(const Shown& shown) {
  for (std::size_t i = 0; i + 1 < shown.size(); ++i) {
    if (X509_check_issued(shown[i + 1].get(), shown[i].get()) != X509_V_OK) return false;
  }
  return true;
}

Finding check_leaf(const GatewayFacts& facts, const GatewayView& view, const OwnCommands& own) {
  X509* leaf = facts.shown.front().get();
  const tls::Lifetime life = tls::lifetime_of(leaf);
  const std::string restart = "restart it: " + own.line("serve");
  if (view.now < life.begin) {
    return problem("gateway.clock",
                   "this machine's clock says " + state::render_time(view.now) +
                       ", and the gateway's certificate begins at " +
                       state::render_time(life.begin) +
                       ": no client believes it, and AWS refuses the signatures of a wrong clock",
                   "sudo timedatectl set-ntp true");
  }
  if (view.now >= life.end) {
    return problem("gateway.leaf",
                   "the gateway's certificate for " + view.host + " ended at " +
                       state::render_time(life.end) +
                       ": no client believes it, or this clock is wrong",
                   restart);
  }
  if (X509_check_host(leaf, view.host.data(), view.host.size(), 0, nullptr) != 1) {
    return problem("gateway.leaf", "the gateway's certificate is not for " + view.host, restart);
  }
  if (!is_chain(facts.shown)) {
    return problem("gateway.leaf", "the certificates that the gateway shows do not belong together",
                   restart);
  }
  if (!has_key_ids(facts.shown)) {
    return warning("gateway.key-ids",
                   "the gateway's certificates lack key identifiers: strict clients (Python 3.13) "
                   "refuse them",
                   "name a CA with subjectKeyIdentifier under `ca`");
  }
  return ok("gateway.leaf",
            "its certificate for " + view.host + " is good until " + state::render_time(life.end));
}

Finding check_who(const GatewayFacts& facts, const GatewayView& view, const OwnCommands& own) {
  const std::string url = render_proxy(facts.proxy);
  if (view.is_aws) {
    return problem(
        "gateway.not-intercepting",
        url + " is a proxy, but no ssmgate: it lets " + view.host + " through to AWS unseen",
        own.replace_proxy());
  }
  if (view.ours) return ok("gateway.reached", "the gateway answers at " + url);
  if (made_by_ssmgate(facts.shown)) {
    if (!view.has_roots) return ok("gateway.reached", "a gateway answers at " + url);
    return warning("gateway.other",
                   "another gateway answers at " + url + ": its CA is not the configuration's",
                   own.replace_proxy());
  }
  return warning("gateway.unknown",
                 "whoever answers at " + url + " for " + view.host +
                     " shows a certificate that is neither AWS's nor made by ssmgate",
                 own.replace_proxy());
}

}  // namespace

Findings check_gateway(const GatewayFacts& facts, const GatewayView& view, const OwnCommands& own) {
  if (facts.outcome == Outcome::failed) return {failed(facts, view, own)};
  config::ProxyUrl right = facts.proxy;
  right.tls = !right.tls;
  if (facts.outcome == Outcome::speaks_plain) {
    return {problem("gateway.plain",
                    "HTTPS_PROXY is an https:// URL, but http:// is spoken at " +
                        render_proxy(facts.proxy).substr(8) + ": no client gets through",
                    both(right))};
  }
  if (facts.outcome == Outcome::speaks_tls) {
    return {problem("gateway.tls",
                    "HTTPS_PROXY is an http:// URL, but the gateway speaks TLS at " +
                        render_proxy(facts.proxy).substr(7) + ": no client gets through",
                    both(right))};
  }
  Findings found = {check_who(facts, view, own)};
  if (facts.asks_for_password) {
    config::ProxyUrl with = facts.proxy;
    with.username.emplace();
    found.push_back(
        problem("gateway.password",
                facts.proxy.username
                    ? "the gateway does not take the name and the password of HTTPS_PROXY"
                    : "the gateway asks for a name and a password, and HTTPS_PROXY has none",
                both(with)));
  }
  if (found.front().id != "gateway.not-intercepting") found.push_back(check_leaf(facts, view, own));
  return found;
}

}  // namespace ssmgate::doctor
