// The questions that are put to the gateway.
#include "commands/doctor/gateway.hpp"
#include "commands/doctor/proxy_variables.hpp"
#include "wire/connect_answer.hpp"

namespace ssmgate::doctor {
namespace {

constexpr const char* kNoHost = "ssmgate-doctor.invalid";  // RFC 6761: never exists

// As the AWS CLI believes an https:// proxy: by OpenSSL's own roots, or SSL_CERT_FILE.
tls::ContextPtr make_default_context() {
  tls::ContextPtr context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (context == nullptr) return context;
  SSL_CTX_set_default_verify_paths(context.get());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

flow::ParentProxy parent_of(const config::ProxyUrl& proxy, tls::ContextPtr context) {
  flow::ParentProxy parent;
  parent.host = proxy.host;
  parent.port = proxy.port;
  parent.context = std::move(context);
  parent.label = render_proxy(proxy);
  if (proxy.username) parent.credentials = wire::render_basic(*proxy.username, proxy.password);
  return parent;
}

std::optional<flow::UpstreamFault> try_once(const config::ProxyUrl& proxy, tls::ContextPtr to_proxy,
                                            const std::string& host, Shown& shown) {
  return shake_hands({}, parent_of(proxy, std::move(to_proxy)), make_observing_context(shown), host,
                     false)
      .fault;
}

}  // namespace

GatewayFacts gather_gateway(const config::ProxyUrl& proxy, const std::string& host,
                            bool ask_password) {
  GatewayFacts facts;
  facts.proxy = proxy;
  auto fault = try_once(proxy, proxy.tls ? make_default_context() : nullptr, host, facts.shown);
  if (!fault) {
    facts.outcome = GatewayFacts::Outcome::reached;
    if (ask_password) {
      Shown ignored;
      const auto answer =
          try_once(proxy, proxy.tls ? make_default_context() : nullptr, kNoHost, ignored);
      facts.asks_for_password =
          answer && answer->detail.find("(it answered 407)") != std::string::npos;
    }
    return facts;
  }
  facts.fault = std::move(*fault);
  if (facts.fault.code == Code::upstream_name || facts.fault.code == Code::upstream_timeout) {
    return facts;
  }
  config::ProxyUrl other = proxy;
  other.tls = !proxy.tls;
  Shown of_proxy;
  Shown shown;
  if (!try_once(other, other.tls ? make_observing_context(of_proxy) : nullptr, host, shown)) {
    facts.outcome =
        other.tls ? GatewayFacts::Outcome::speaks_tls : GatewayFacts::Outcome::speaks_plain;
    facts.shown = std::move(shown);
    return facts;
  }
  facts.listener_distrusted = proxy.tls && facts.fault.code == Code::upstream_certificate;
  return facts;
}

}  // namespace ssmgate::doctor
