// Whom a log server over TLS has to be, and who we are to it.
#include "state/log_socket.hpp"

#include <openssl/err.h>

#include "tls/file.hpp"
#include "tls/key_pair.hpp"

namespace ssmgate::state {

std::variant<std::string, tls::ContextPtr> make_log_context(const config::AuditSink& sink) {
  const auto text = tls::read_file(sink.ca_file, tls::Privacy::none);
  if (const auto* fault = std::get_if<tls::AuthorityFault>(&text)) {
    return fault->text + "; give `ca_file` a PEM bundle of roots";
  }
  std::vector<tls::CertificatePtr> roots;
  const std::size_t bad = tls::read_certificates(std::get<std::string>(text), roots);
  if (bad != 0 || roots.empty()) {
    return tls::quoted(sink.ca_file) + " is no PEM bundle of roots; give `ca_file` one";
  }
  tls::ContextPtr context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (context == nullptr || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return "cannot prepare tls for a log server: " + tls::take_errors();
  }
  X509_STORE* const store = SSL_CTX_get_cert_store(context.get());
  for (const tls::CertificatePtr& root : roots) X509_STORE_add_cert(store, root.get());
  ERR_clear_error();
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (sink.certificate.empty()) return context;
  const auto pair = tls::load_key_pair(sink.certificate, sink.key, tls::Clock::now());
  if (const auto* fault = std::get_if<tls::AuthorityFault>(&pair)) return fault->text;
  if (!tls::use_key_pair(context.get(), std::get<tls::KeyPair>(pair))) {
    return "cannot show " + tls::quoted(sink.certificate) + ": " + tls::take_errors();
  }
  return context;
}

}  // namespace ssmgate::state
