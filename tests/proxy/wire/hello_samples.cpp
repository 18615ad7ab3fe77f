#include "proxy/wire/hello_samples.hpp"

#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include <memory>

#include "proxy/wire/samples.hpp"

namespace ssmgate::wire::samples {
namespace {

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Session = std::unique_ptr<SSL, decltype(&SSL_free)>;

// Between memory and memory.
Session new_session(const Context& context) {
  Session ssl(SSL_new(context.get()), SSL_free);
  REQUIRE(ssl);
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  return ssl;
}

int on_hello(SSL*, int*, void* view) {
  static_cast<ServerView*>(view)->hello = true;
  return SSL_CLIENT_HELLO_SUCCESS;
}

int on_name(SSL* ssl, int*, void* view) {
  static_cast<ServerView*>(view)->read = true;
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name != nullptr) static_cast<ServerView*>(view)->name = name;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

std::string number(std::size_t value, std::size_t size) {
  std::string out;
  for (std::size_t i = size; i-- > 0;) out += static_cast<char>((value >> (8 * i)) & 0xff);
  return out;
}

std::string vector(const std::string& content, std::size_t length_size) {
  return number(content.size(), length_size) + content;
}

std::string extension(std::size_t type, const std::string& data) {
  return number(type, 2) + vector(data, 2);
}

std::string host_name(const std::string& name) {
  return bytes("\0") + vector(name, 2);
}

std::string server_name(const std::string& name) {
  return extension(0, vector(host_name(name), 2));
}

// A ClientHello up to its extensions.
std::string before_extensions() {
  return "\x03\x03" + std::string(32, 'r') + vector(std::string(32, 's'), 1) +
         vector("\x13\x01\x13\x02", 2) + vector(bytes("\0"), 1);
}

std::string message(const std::string& body, char type) {
  return type + vector(body, 3);
}

std::string hello_with(const std::string& extensions) {
  return message(before_extensions() + vector(extensions, 2));
}

std::string record(const std::string& fragment, const std::string& head) {
  return head + vector(fragment, 2);
}

// `content` in records of `size` bytes.
std::string records(const std::string& content, std::size_t size) {
  std::string out;
  for (std::size_t at = 0; at < content.size(); at += size) out += record(content.substr(at, size));
  return out;
}

std::string openssl_hello(const char* name, int max_version, const std::string& alpn) {
  const Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_max_proto_version(context.get(), max_version);
  const Session ssl = new_session(context);
  if (name != nullptr) {
    std::string copy = name;
    REQUIRE(SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                     copy.data()) == 1);
  }
  if (!alpn.empty()) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(alpn.data());
    REQUIRE(SSL_set_alpn_protos(ssl.get(), bytes, static_cast<unsigned>(alpn.size())) == 0);
  }
  SSL_connect(ssl.get());
  BIO* out = SSL_get_wbio(ssl.get());
  std::string sent(BIO_ctrl_pending(out), '\0');
  REQUIRE(BIO_read(out, sent.data(), static_cast<int>(sent.size())) ==
          static_cast<int>(sent.size()));
  return sent;
}

ServerView openssl_server_view(const std::string& bytes) {
  static const Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  ServerView view;
  SSL_CTX_set_client_hello_cb(context.get(), on_hello, &view);
  SSL_CTX_callback_ctrl(context.get(), SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                        reinterpret_cast<void (*)()>(on_name));
  SSL_CTX_ctrl(context.get(), SSL_CTRL_SET_TLSEXT_SERVERNAME_ARG, 0, &view);
  const Session ssl = new_session(context);
  BIO_write(SSL_get_rbio(ssl.get()), bytes.data(), static_cast<int>(bytes.size()));
  SSL_accept(ssl.get());
  SSL_CTX_set_client_hello_cb(context.get(), nullptr, nullptr);
  return view;
}

}  // namespace ssmgate::wire::samples
