#include "commands/doctor/trust.hpp"

#include <algorithm>

#include <openssl/err.h>

#include "commands/ca_prove_clients.hpp"
#include "tls/file.hpp"

namespace ssmgate::doctor {
namespace {

struct FreeContext {
  void operator()(X509_STORE_CTX* p) const noexcept { X509_STORE_CTX_free(p); }
};

bool holds(const std::vector<tls::CertificatePtr>& all, const X509* one) {
  return std::ranges::any_of(all,
                             [one](const auto& each) { return X509_cmp(each.get(), one) == 0; });
}

std::string counted_roots(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " other root" : " other roots");
}

NamedBundle named(std::string variable, std::string path, const GatewayCertificates& gateway) {
  NamedBundle bundle{std::move(variable), std::move(path), {}, {}};
  if (!bundle.path.empty()) bundle.bundle = read_bundle(bundle.path, gateway);
  return bundle;
}

// SOURCE: botocore: AWS_CA_BUNDLE, the profile's `ca_bundle`, REQUESTS_CA_BUNDLE, its own.
std::optional<NamedBundle> find_aws_bundle(const Environment& environment, const AwsSettings& aws,
                                           const GatewayCertificates& gateway) {
  if (const auto path = find(environment, "AWS_CA_BUNDLE")) {
    return named("AWS_CA_BUNDLE", *path, gateway);
  }
  if (aws.ca_bundle) {
    NamedBundle bundle = named(aws.ca_bundle->where, aws.ca_bundle->value, gateway);
    bundle.mend = aws.ca_bundle->mend;
    return bundle;
  }
  if (const auto path = find(environment, "REQUESTS_CA_BUNDLE")) {
    return named("REQUESTS_CA_BUNDLE", *path, gateway);
  }
  return std::nullopt;
}

Findings check_aws(const TrustFacts& facts, const OwnCommands& own) {
  constexpr const char* kBotocore = "the AWS CLI and boto3";
  if (!facts.aws) {
    if (!facts.has_proxy) return {};
    return {problem("trust.aws-unset",
                    "AWS_CA_BUNDLE is not set: " + std::string(kBotocore) +
                        " do not believe the gateway, and say `SSL validation failed`",
                    own.gateway_is_here ? own.set_shell() : own.set_trust("AWS_CA_BUNDLE"))};
  }
  const NamedBundle& aws = *facts.aws;
  const std::string mend =
      aws.mend.empty() ? own.set_trust(aws.variable) : aws.mend + "; " + own.set_shell();
  if (aws.path.empty()) {
    return {problem("trust.aws-off",
                    aws.variable + " is set to nothing, which " + kBotocore +
                        " take for `verify nothing`: whoever is in between can be AWS",
                    mend)};
  }
  const std::string names = aws.variable + " names `" + aws.path + "`";
  if (!aws.bundle.fault.empty()) {
    return {problem("trust.aws-unusable",
                    names + ", which cannot be used (" + aws.bundle.fault + "): " + kBotocore +
                        " reach nothing",
                    mend)};
  }
  if (!aws.bundle.believes_gateway) {
    if (!facts.has_proxy || !aws.bundle.knows) return {};
    return {problem(
        "trust.aws-without-ca",
        names + ", in which the gateway's CA is not: " + kBotocore + " say `SSL validation failed`",
        own.gateway_is_here && aws.mend.empty() ? own.set_shell() : mend)};
  }
  if (aws.bundle.others == 0) {
    return {problem("trust.aws-ca-only",
                    names +
                        ", which holds the gateway's CA alone and replaces all other roots: "
                        "calls that are tunnelled (STS, SSO, ECS, KMS) say `SSL validation failed`",
                    mend)};
  }
  return {ok("trust.aws",
             aws.variable + " holds the gateway's CA and " + counted_roots(aws.bundle.others))};
}

Findings check_ssl_cert_file(const NamedBundle& named_file, const OwnCommands& own) {
  const std::string names = named_file.variable + " names `" + named_file.path + "`";
  const std::string comes =
      ": session-manager-plugin believes no data channel, and hangs after `Starting session`";
  const std::string mend = "unset " + named_file.variable + "; " + own.set_shell();
  if (!named_file.bundle.fault.empty()) {
    return {problem("trust.ssl-cert-file-unusable",
                    names + ", which cannot be used (" + named_file.bundle.fault + ")" + comes,
                    mend)};
  }
  if (named_file.bundle.knows && named_file.bundle.others == 0) {
    return {problem(
        "trust.ssl-cert-file-ca-only",
        names + ", which holds the gateway's CA alone and replaces the system's roots" + comes,
        mend)};
  }
  return {ok("trust.ssl-cert-file",
             named_file.variable + " holds " + counted_roots(named_file.bundle.others))};
}

Findings check_node(const TrustFacts& facts, const OwnCommands& own) {
  if (!facts.has_proxy) return {};
  const std::string variable = "NODE_EXTRA_CA_CERTS";
  if (!facts.node) {
    if (!facts.node_is_installed) return {};
    return {warning("trust.node-unset",
                    variable + " is not set, and Node is installed: JavaScript's SDK does not look "
                               "at AWS_CA_BUNDLE, and does not believe the gateway",
                    own.gateway_is_here ? own.set_shell() : own.set_trust(variable))};
  }
  const std::string names = variable + " names `" + facts.node->path + "`";
  if (!facts.node->bundle.fault.empty()) {
    return {warning("trust.node-unusable",
                    names + ", which cannot be used (" + facts.node->bundle.fault +
                        "): Node passes it over and does not believe the gateway",
                    own.set_trust(variable))};
  }
  if (!facts.node->bundle.believes_gateway && facts.node->bundle.knows) {
    return {warning("trust.node-without-ca",
                    names + ", in which the gateway's CA is not: JavaScript's SDK does not believe "
                            "the gateway",
                    own.gateway_is_here ? own.set_shell() : own.set_trust(variable))};
  }
  return {ok("trust.node", variable + " holds the gateway's CA")};
}

}  // namespace

bool believes(const std::vector<tls::CertificatePtr>& roots,
              const std::vector<tls::CertificatePtr>& shown) {
  if (shown.empty()) return false;
  const std::unique_ptr<X509_STORE, tls::Free> store(X509_STORE_new());
  const std::unique_ptr<X509_STORE_CTX, FreeContext> context(X509_STORE_CTX_new());
  STACK_OF(X509)* above = sk_X509_new_null();
  for (const auto& root : roots) X509_STORE_add_cert(store.get(), root.get());
  for (std::size_t i = 1; i < shown.size(); ++i) sk_X509_push(above, shown[i].get());
  bool good = X509_STORE_CTX_init(context.get(), store.get(), shown.front().get(), above) == 1;
  if (good) {
    X509_STORE_CTX_set_default(context.get(), "ssl_server");
    X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_NO_CHECK_TIME);
    good = X509_verify_cert(context.get()) == 1;
  }
  sk_X509_free(above);
  ERR_clear_error();
  return good;
}

Bundle read_bundle(const std::string& path, const GatewayCertificates& gateway) {
  Bundle bundle;
  const auto text = tls::read_file(path, tls::Privacy::none);
  if (const auto* fault = std::get_if<tls::AuthorityFault>(&text)) {
    bundle.fault = fault->text.substr(std::min(fault->text.find("`: "), fault->text.size()));
    bundle.fault.erase(0, std::min<std::size_t>(3, bundle.fault.size()));
    if (bundle.fault.empty()) bundle.fault = "it is not a file";
    return bundle;
  }
  std::vector<tls::CertificatePtr> found;
  const std::size_t bad = tls::read_certificates(std::get<std::string>(text), found);
  bundle.certificates = found.size();
  if (bad != 0) {
    ERR_clear_error();
    bundle.fault = "certificate " + std::to_string(bad) + " in it is damaged";
    return bundle;
  }
  if (found.empty()) bundle.fault = "there is no certificate in it";
  bundle.knows = !gateway.roots.empty() || !gateway.shown.empty();
  const auto is_gateways = [&](const auto& each) {
    return holds(gateway.roots, each.get()) || holds(gateway.shown, each.get());
  };
  bundle.others =
      found.size() - static_cast<std::size_t>(std::ranges::count_if(found, is_gateways));
  if (!gateway.shown.empty()) {
    bundle.believes_gateway = believes(found, gateway.shown);
    // Without the CA's own file: the one certificate that makes the chain believed is the
    // gateway's.
    if (gateway.roots.empty() && bundle.believes_gateway) --bundle.others;
  } else {
    bundle.believes_gateway = !gateway.roots.empty() && holds(found, gateway.roots.front().get());
  }
  return bundle;
}

TrustFacts gather_trust(const Environment& environment, const AwsSettings& aws,
                        const GatewayCertificates& gateway) {
  TrustFacts facts;
  facts.has_proxy =
      find_filled(environment, "HTTPS_PROXY") || find_filled(environment, "https_proxy");
  facts.aws = find_aws_bundle(environment, aws, gateway);
  if (const auto path = find_filled(environment, "SSL_CERT_FILE")) {
    facts.ssl_cert_file = named("SSL_CERT_FILE", *path, gateway);
  }
  if (const auto path = find_filled(environment, "NODE_EXTRA_CA_CERTS")) {
    facts.node = named("NODE_EXTRA_CA_CERTS", *path, gateway);
  }
  facts.node_is_installed = commands::is_installed("node");
  return facts;
}

Findings check_trust(const TrustFacts& facts, const OwnCommands& own) {
  Findings found = check_aws(facts, own);
  if (facts.ssl_cert_file) append(found, check_ssl_cert_file(*facts.ssl_cert_file, own));
  append(found, check_node(facts, own));
  return found;
}

}  // namespace ssmgate::doctor
