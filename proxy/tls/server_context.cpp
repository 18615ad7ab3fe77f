// Server contexts: protocol versions, ciphers, ALPN, no resumption.
#include "tls/server_context.hpp"

#include <array>

namespace ssmgate::tls {
namespace {

constexpr std::array<unsigned char, 9> kHttp11 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
constexpr std::array<unsigned char, 7> kSessionContext = {'s', 's', 'm', 'g', 'a', 't', 'e'};

// A client that offers protocols but not ours gets the alert of RFC 7301 §3.2: without it, one that
// speaks HTTP/2 alone would go on to speak it, and its person would see a framing error.
int select_http11(SSL*, const unsigned char** out, unsigned char* out_size,
                  const unsigned char* offered, unsigned int offered_size, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp11.data(), kHttp11.size(), offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

bool set_protocol(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                   SSL_OP_NO_TICKET);
  SSL_CTX_set_alpn_select_cb(context, &select_http11, nullptr);
  // No resumption: each command is a process of its own and comes back with nothing, so a ticket
  // would cost every one of them some work and a system call. No ticket key to guard, either.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
         SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384:P-521") == 1 &&
         SSL_CTX_set_num_tickets(context, 0) == 1 &&
         SSL_CTX_set_session_id_context(context, kSessionContext.data(), kSessionContext.size()) ==
             1;
}

}  // namespace

bool offer_http11(SSL_CTX* context) {
  return SSL_CTX_set_alpn_protos(context, kHttp11.data(), kHttp11.size()) == 0;
}

ContextPtr make_server_context(X509* leaf, EVP_PKEY* key, const std::vector<X509*>& chain) {
  ContextPtr context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  if (context == nullptr || !set_protocol(context.get()) ||
      SSL_CTX_use_certificate(context.get(), leaf) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key) != 1) {
    return nullptr;
  }
  for (X509* certificate : chain) {
    if (SSL_CTX_add1_chain_cert(context.get(), certificate) != 1) return nullptr;
  }
  return context;
}

}  // namespace ssmgate::tls
