#include "proxy/net/blocking_tls.hpp"

#include <array>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

namespace ssmgate::test {

BlockingTls::BlockingTls(int descriptor, SSL_CTX* context)
    : descriptor_(descriptor), session_(SSL_new(context)) {
  SSL_set_fd(session_, descriptor_);
}

BlockingTls::~BlockingTls() {
  SSL_free(session_);
  ::close(descriptor_);
}

bool BlockingTls::connect(const std::string& sni) {
  std::string name = sni;
  if (!sni.empty()) {
    SSL_ctrl(session_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  }
  return SSL_connect(session_) == 1;
}

bool BlockingTls::connect_with(const std::string& sni, const std::string& behind) {
  std::string name = sni;
  SSL_ctrl(session_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  BIO* input = BIO_new(BIO_s_mem());
  BIO* output = BIO_new(BIO_s_mem());
  SSL_set_bio(session_, input, output);
  SSL_set_connect_state(session_);
  std::string extra = behind;
  for (;;) {
    const int result = SSL_do_handshake(session_);
    const char* data = nullptr;
    const auto size = static_cast<std::size_t>(BIO_get_mem_data(output, &data));
    std::string flight(data, size);
    (void)BIO_reset(output);
    if (!flight.empty()) flight += std::exchange(extra, {});
    ::send(descriptor_, flight.data(), flight.size(), MSG_NOSIGNAL);
    if (result == 1) break;
    std::array<char, 16384> bytes{};
    const ssize_t got = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
    if (got <= 0) return false;
    BIO_write(input, bytes.data(), static_cast<int>(got));
  }
  SSL_set_fd(session_, descriptor_);
  return true;
}

void BlockingTls::write(const std::string& text) {
  SSL_write(session_, text.data(), static_cast<int>(text.size()));
}

std::string BlockingTls::read(std::size_t size) {
  std::string text;
  std::array<char, 16384> bytes{};
  while (text.size() < size) {
    const int got = SSL_read(session_, bytes.data(), static_cast<int>(bytes.size()));
    if (got <= 0) break;
    text.append(bytes.data(), static_cast<std::size_t>(got));
  }
  return text;
}

int BlockingTls::read_end() {
  char byte = 0;
  return SSL_get_error(session_, SSL_read(session_, &byte, 1));
}

tls::ContextPtr serve(X509* leaf, EVP_PKEY* key) {
  tls::ContextPtr context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  SSL_CTX_use_certificate(context.get(), leaf);
  SSL_CTX_use_PrivateKey(context.get(), key);
  return context;
}

tls::ContextPtr trust(X509* root) {
  tls::ContextPtr context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), root);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  return context;
}

}  // namespace ssmgate::test
