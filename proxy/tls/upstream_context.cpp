// Loading the roots that upstreams are judged by.
#include "tls/upstream_context.hpp"

#include <vector>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "tls/file.hpp"
#include "tls/lazy_roots.hpp"
#include "tls/server_context.hpp"
#include "tls/session_cache.hpp"

namespace ssmgate::tls {
namespace {

std::string hint(std::string_view setting) {
  return "; give `" + std::string(setting) +
         "` a PEM bundle of roots, e.g. /etc/ssl/certs/ca-certificates.crt";
}

// The DER of every certificate of a PEM text; anything between them is passed over. Returns 0, or
// the number (from 1) of the first that cannot be read, with OpenSSL's queue filled.
std::size_t read_ders(const std::string& text, std::vector<std::string>& ders) {
  ERR_clear_error();
  const BioPtr memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  for (;;) {
    unsigned char* data = nullptr;
    long size = 0;
    if (PEM_bytes_read_bio(&data, &size, nullptr, PEM_STRING_X509, memory.get(), nullptr,
                           nullptr) != 1) {
      break;
    }
    ders.emplace_back(reinterpret_cast<char*>(data), static_cast<std::size_t>(size));
    OPENSSL_free(data);
  }
  const unsigned long last = ERR_peek_last_error();
  if (ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE) {
    ERR_clear_error();
    return 0;
  }
  return ders.size() + 1;
}

AuthorityFault unreadable(const std::filesystem::path& ca_file, std::size_t number,
                          std::string_view setting) {
  return {"certificate " + std::to_string(number) + " of " + quoted(ca_file) + " cannot be read (" +
          take_errors() + ")" + hint(setting)};
}

}  // namespace

std::variant<AuthorityFault, ContextPtr> make_upstream_context(const std::filesystem::path& ca_file,
                                                               std::string_view setting) {
  const auto text = read_file(ca_file, Privacy::none);
  if (const auto* fault = std::get_if<AuthorityFault>(&text)) {
    return AuthorityFault{fault->text + hint(setting)};
  }
  std::vector<std::string> ders;
  // Half a bundle is refused whole: which upstreams work would depend on where it was cut.
  std::size_t bad = read_ders(std::get<std::string>(text), ders);
  if (bad != 0) return unreadable(ca_file, bad, setting);
  if (ders.empty()) {
    return AuthorityFault{quoted(ca_file) + " holds no certificate" + hint(setting)};
  }

  ContextPtr context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (context == nullptr || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      !offer_http11(context.get()) || !enable_resumption(context.get())) {
    return AuthorityFault{"cannot prepare tls for upstreams: " + take_errors()};
  }
  bad = add_lazy_roots(SSL_CTX_get_cert_store(context.get()), std::move(ders));
  if (bad != 0) return unreadable(ca_file, bad, setting);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

}  // namespace ssmgate::tls
