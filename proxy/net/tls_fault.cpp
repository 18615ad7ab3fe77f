// Translating OpenSSL's errors, once: certificate, protocol, plain text, closed.
#include "net/tls_fault.hpp"

#include <algorithm>
#include <cctype>
#include <memory>
#include <new>

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include "tls/client_trust.hpp"

namespace ssmgate::net {
namespace {

// LIMIT: names of a foreign certificate that go into a message: enough to recognise whose it is.
constexpr int kNamesShown = 3;
constexpr std::size_t kNameLimit = 100;

// What a peer wrote, without what could act on a terminal or break a line.
std::string printable(const unsigned char* data, int size) {
  std::string text;
  for (int i = 0; i < size && text.size() < kNameLimit; ++i) {
    const unsigned char c = data[i];
    text += c > 0x20 && c < 0x7f && c != '`' ? static_cast<char>(c) : '?';
  }
  return text;
}

// "`a.example`, `b.example`", or nothing when it names no host.
std::string names_of(X509* certificate) {
  struct FreeNames {
    void operator()(GENERAL_NAMES* p) const { GENERAL_NAMES_free(p); }
  };
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string text;
  int shown = 0;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS) continue;
    if (shown == kNamesShown) return text + " and others";
    if (shown++ > 0) text += ", ";
    text += "`" +
            printable(ASN1_STRING_get0_data(name->d.dNSName), ASN1_STRING_length(name->d.dNSName)) +
            "`";
  }
  return text;
}

std::string certificate_words(long result, const std::string& names, const std::string& host) {
  switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return "the certificate of `" + host + "` has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "the certificate of `" + host + "` is not valid yet; look at this machine's clock";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "the certificate of `" + host + "` is self-signed; add it to `upstream.ca_file`";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "the certificate of `" + host +
             "` comes from an unknown CA; add its root to `upstream.ca_file`";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "the certificate is not for `" + host + "`" +
             (names.empty() ? std::string() : " but for " + names);
    default:
      return "the certificate of `" + host +
             "` is not accepted: " + X509_verify_cert_error_string(result);
  }
}

std::string lower_first(std::string text) {
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  return text;
}

// The reason of an error of OpenSSL's ssl library; 0 for any other.
int tls_reason(const error_code& error) {
  if (error.category() != asio::error::get_ssl_category()) return 0;
  const auto code = static_cast<unsigned long>(error.value());
  return ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
}

bool is_closed(const error_code& error) {
  return error == asio::error::eof || error == asio::ssl::error::stream_truncated ||
         error == asio::error::connection_reset || error == asio::error::broken_pipe;
}

// SOURCE: ssl.h: the 256 reasons from there on are the alerts that were received; faults of
// OpenSSL's own are far behind them.
bool is_by_peer(const error_code& error) {
  const int alert = tls_reason(error) - SSL_AD_REASON_OFFSET;
  return is_closed(error) || (alert >= 0 && alert < 256);
}

std::string other_words(const error_code& error) {
  if (error == asio::error::operation_aborted) return "the tls handshake was given up";
  if (tls_reason(error) != 0) {
    const char* reason = ERR_reason_error_string(static_cast<unsigned long>(error.value()));
    if (reason != nullptr) return std::string("the tls handshake failed: ") + reason;
  }
  return "the tls handshake failed: " + lower_first(error.message());
}

std::string connect_words(const error_code& error) {
  if (is_closed(error)) return "the upstream closed the connection in the tls handshake";
  switch (tls_reason(error)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_RECORD_LENGTH_MISMATCH: return "the upstream did not speak TLS";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return "the upstream speaks no protocol version from TLS 1.2 on";
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      return "the upstream refused the tls handshake: no parameters in common, or it wants a "
             "client's certificate";
    case SSL_R_TLSV1_UNRECOGNIZED_NAME: return "the upstream does not know the name";
    default: return other_words(error);
  }
}

// The client's alert says that it does not take our certificate.
bool is_distrust(const error_code& error) {
  switch (tls_reason(error)) {
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE: return true;
    default: return false;
  }
}

std::string accept_words(const error_code& error) {
  if (is_closed(error)) return "the client closed the connection in the tls handshake";
  // OpenSSL's alert for a certificate that is not valid yet, too.
  if (tls_reason(error) == SSL_R_SSLV3_ALERT_BAD_CERTIFICATE) {
    return "the client does not take the gateway's certificate: it does not trust its CA (in its "
           "shell type: eval \"$(ssmgate env)\"), or its clock is over an hour behind";
  }
  if (is_distrust(error)) {
    return "the client does not trust the gateway's CA; in its shell type: "
           "eval \"$(ssmgate env)\"";
  }
  switch (tls_reason(error)) {
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
      return "the client takes the gateway's certificate for expired; look at both clocks";
    case SSL_R_HTTP_REQUEST: return "the client sent a plain HTTP request where TLS is spoken";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG: return "the client did not speak TLS";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW: return "the client speaks no protocol version from TLS 1.2 on";
    case SSL_R_NO_SHARED_CIPHER: return "the client and the gateway have no cipher in common";
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return "the client showed no certificate, and this listener wants one (`tls.client_ca`)";
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return "the client does not offer `http/1.1` among its protocols (ALPN)";
    default: return other_words(error);
  }
}

// Where a session keeps its note. Not the application data: that is Asio's.
int note_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

}  // namespace

CertificateNote::CertificateNote(SSL* session) : session_(session) {
  SSL_set_ex_data(session_, note_index(), this);
  SSL_set_verify(session_, SSL_get_verify_mode(session_), &CertificateNote::verify);
}

CertificateNote::~CertificateNote() {
  SSL_set_ex_data(session_, note_index(), nullptr);
  SSL_set_verify(session_, SSL_get_verify_mode(session_), nullptr);
}

int CertificateNote::verify(int good, X509_STORE_CTX* context) {
  const int error = X509_STORE_CTX_get_error(context);
  if (error != X509_V_ERR_HOSTNAME_MISMATCH && error != X509_V_ERR_IP_ADDRESS_MISMATCH) return good;
  auto* session =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* note = static_cast<CertificateNote*>(SSL_get_ex_data(session, note_index()));
  X509* leaf = X509_STORE_CTX_get0_cert(context);
  try {
    if (note != nullptr && leaf != nullptr) note->names_ = names_of(leaf);
  } catch (const std::bad_alloc&) {
    // The message does without; OpenSSL's frames are not to be thrown through.
  }
  return good;
}

HandshakeFault explain_connect(error_code error, SSL* session, const std::string& names,
                               const std::string& host) {
  HandshakeFault fault;
  fault.error = error;
  fault.by_peer = is_by_peer(error);
  const long result = SSL_get_verify_result(session);
  fault.certificate = tls_reason(error) == SSL_R_CERTIFICATE_VERIFY_FAILED;
  fault.detail = fault.certificate ? certificate_words(result, names, host) : connect_words(error);
  return fault;
}

HandshakeFault explain_accept(error_code error, SSL* session) {
  HandshakeFault fault;
  fault.error = error;
  fault.by_peer = is_by_peer(error);
  const bool refused = session != nullptr && tls_reason(error) == SSL_R_CERTIFICATE_VERIFY_FAILED;
  fault.certificate = refused || tls_reason(error) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE;
  fault.distrusted = is_distrust(error);
  fault.detail = refused ? tls::explain_refused(session) : accept_words(error);
  return fault;
}

}  // namespace ssmgate::net
