// Loading the roots that upstreams are judged by.
#include "tls/upstream_context.hpp"

#include <vector>

#include <openssl/err.h>

#include "tls/file.hpp"
#include "tls/server_context.hpp"

namespace ssmgate::tls {
namespace {

constexpr const char* kHint =
    "; give `upstream.ca_file` a PEM bundle of roots, e.g. /etc/ssl/certs/ca-certificates.crt";

bool fill_store(SSL_CTX* context, const std::vector<CertificatePtr>& roots) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const CertificatePtr& root : roots) {
    if (X509_STORE_add_cert(store, root.get()) != 1) return false;
  }
  return true;
}

}  // namespace

std::variant<AuthorityFault, ContextPtr> make_upstream_context(
    const std::filesystem::path& ca_file) {
  const auto text = read_file(ca_file, Privacy::none);
  if (const auto* fault = std::get_if<AuthorityFault>(&text)) {
    return AuthorityFault{fault->text + kHint};
  }
  std::vector<CertificatePtr> roots;
  const std::size_t bad = read_certificates(std::get<std::string>(text), roots);
  // Half a bundle is refused whole: which upstreams work would depend on where it was cut.
  if (bad != 0) {
    return AuthorityFault{"certificate " + std::to_string(bad) + " of " + quoted(ca_file) +
                          " cannot be read (" + take_errors() + ")" + kHint};
  }
  if (roots.empty()) return AuthorityFault{quoted(ca_file) + " holds no certificate" + kHint};

  ContextPtr context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (context == nullptr || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      !offer_http11(context.get()) || !fill_store(context.get(), roots)) {
    return AuthorityFault{"cannot prepare tls for upstreams: " + take_errors()};
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

}  // namespace ssmgate::tls
