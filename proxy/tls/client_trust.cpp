// Client certificates: what is believed, what is revoked, and whose was refused.
#include "tls/client_trust.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include <algorithm>

#include "ssmgate/rules/decide.hpp"
#include "tls/certificate.hpp"
#include "tls/file.hpp"

namespace ssmgate::tls {
namespace {

namespace fs = std::filesystem;

// LIMIT: of a foreign certificate's subject that goes into a message.
constexpr std::size_t kSubjectLimit = 200;

std::string render_subject(X509* certificate) {
  const BioPtr memory(BIO_new(BIO_s_mem()));
  if (memory == nullptr) return {};
  X509_NAME_print_ex(memory.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  if (size <= 0) return {};
  std::string subject = printable(std::string_view(data, static_cast<std::size_t>(size)));
  if (subject.size() > kSubjectLimit) subject.resize(kSubjectLimit);
  return subject;
}

void free_subject(void*, void* subject, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<std::string*>(subject);
}

// Where a session keeps the subject: OpenSSL forgets a certificate that it did not accept.
int subject_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, &free_subject);
  return index;
}

void note_subject(X509_STORE_CTX* context) {
  auto* session =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  X509* leaf = X509_STORE_CTX_get0_cert(context);
  if (session == nullptr || leaf == nullptr) return;
  if (SSL_get_ex_data(session, subject_index()) != nullptr) return;
  auto subject = std::make_unique<std::string>(render_subject(leaf));
  if (SSL_set_ex_data(session, subject_index(), subject.get()) == 1) (void)subject.release();
}

// Called by C, through which no exception may pass.
int verify(int good, X509_STORE_CTX* context) noexcept {
  if (good == 1) return 1;
  // A company publishes the list of the CA that signs its people; the list of the root above it,
  // which would name CAs, is looked into where it is given.
  const bool above = X509_STORE_CTX_get_error_depth(context) > 0;
  if (above && X509_STORE_CTX_get_error(context) == X509_V_ERR_UNABLE_TO_GET_CRL) {
    X509_STORE_CTX_set_error(context, X509_V_OK);
    return 1;
  }
  note_subject(context);
  return 0;
}

std::string explain(long result, const std::string& subject) {
  const std::string whose =
      "the client's certificate" + (subject.empty() ? std::string() : " `" + subject + "`");
  switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return whose + " has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return whose + " is not valid yet; look at this machine's clock";
    case X509_V_ERR_CERT_REVOKED: return whose + " has been revoked";
    case X509_V_ERR_UNABLE_TO_GET_CRL:
      return whose + " cannot be looked up: `tls.crl` holds no list of its CA";
    case X509_V_ERR_CRL_HAS_EXPIRED:
      return whose +
             " cannot be looked up: the list of its CA in `tls.crl` has expired; fetch a "
             "new one";
    case X509_V_ERR_INVALID_PURPOSE: return whose + " is not for TLS clients (clientAuth)";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return whose + " comes from a CA that is not in `tls.client_ca`";
    default: return whose + " is not accepted: " + X509_verify_cert_error_string(result);
  }
}

AuthorityFault trust_fault(const fs::path& path, const std::string& what) {
  return {quoted(path) + " " + what};
}

std::variant<AuthorityFault, std::monostate> add_authorities(SSL_CTX* context, X509_STORE* store,
                                                             const fs::path& path) {
  auto text = read_file(path, Privacy::none);
  if (auto* fault = std::get_if<AuthorityFault>(&text)) return std::move(*fault);
  std::vector<CertificatePtr> certificates;
  const std::size_t bad = read_certificates(std::get<std::string>(text), certificates);
  if (bad != 0) {
    return trust_fault(path, "holds a certificate that cannot be read, number " +
                                 std::to_string(bad) + ": " + take_errors());
  }
  if (certificates.empty()) return trust_fault(path, "holds no PEM certificate");
  for (const CertificatePtr& certificate : certificates) {
    // Works its extensions out, before several threads ask for them at once.
    (void)X509_check_purpose(certificate.get(), -1, 0);
    if (X509_STORE_add_cert(store, certificate.get()) != 1 ||
        SSL_CTX_add_client_CA(context, certificate.get()) != 1) {
      return trust_fault(path, "cannot be used: " + take_errors());
    }
  }
  return std::monostate{};
}

struct FreeLists {
  void operator()(STACK_OF(X509_CRL) * p) const noexcept { sk_X509_CRL_pop_free(p, X509_CRL_free); }
};
using Lists = std::unique_ptr<STACK_OF(X509_CRL), FreeLists>;

using Check = std::unique_ptr<X509_STORE_CTX, Free>;

// Null: out of memory.
Check open_check(SSL_CTX* context, const ClientProof& proof) {
  X509_STORE* store = nullptr;
  SSL_CTX_ctrl(context, SSL_CTRL_GET_VERIFY_CERT_STORE, 0, &store);
  Check check(X509_STORE_CTX_new());
  const bool good =
      check != nullptr &&
      X509_STORE_CTX_init(check.get(), store, proof.certificate.get(), proof.others.get()) == 1;
  return good ? std::move(check) : nullptr;
}

// The first moment after `since` at which a verification with `chain` may end otherwise than it did
// then. Of several lists of a CA any may be the one that counts.
Clock::time_point next_change(X509_STORE_CTX* check, STACK_OF(X509) * chain,
                              Clock::time_point since) {
  Clock::time_point next = Clock::time_point::max();
  const auto note = [&](const ASN1_TIME* time) {
    const Clock::time_point when = time == nullptr ? Clock::time_point() : time_of(time);
    if (when > since) next = std::min(next, when);
  };
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    X509* certificate = sk_X509_value(chain, i);
    note(X509_get0_notAfter(certificate));
    const Lists lists(X509_STORE_CTX_get1_crls(check, X509_get_issuer_name(certificate)));
    for (int j = 0; j < sk_X509_CRL_num(lists.get()); ++j) {
      note(X509_CRL_get0_lastUpdate(sk_X509_CRL_value(lists.get(), j)));
      note(X509_CRL_get0_nextUpdate(sk_X509_CRL_value(lists.get(), j)));
    }
  }
  return next;
}

std::variant<AuthorityFault, std::monostate> add_lists(X509_STORE* store, const fs::path& path) {
  auto text = read_file(path, Privacy::none);
  if (auto* fault = std::get_if<AuthorityFault>(&text)) return std::move(*fault);
  std::vector<RevocationsPtr> lists;
  const std::size_t bad = read_revocations(std::get<std::string>(text), lists);
  if (bad != 0) {
    return trust_fault(path, "holds a revocation list that cannot be read, number " +
                                 std::to_string(bad) + ": " + take_errors());
  }
  for (const RevocationsPtr& list : lists) {
    if (X509_STORE_add_crl(store, list.get()) != 1) {
      return trust_fault(path, "cannot be used: " + take_errors());
    }
  }
  if (lists.empty()) return trust_fault(path, "holds no PEM revocation list (`X509 CRL`)");
  return std::monostate{};
}

}  // namespace

std::variant<AuthorityFault, std::monostate> require_client_certificate(
    SSL_CTX* context, const fs::path& ca_file, const std::optional<fs::path>& crl_file) {
  const std::unique_ptr<X509_STORE, Free> store(X509_STORE_new());
  if (store == nullptr) return trust_fault(ca_file, "cannot be used: " + take_errors());
  auto authorities = add_authorities(context, store.get(), ca_file);
  if (std::holds_alternative<AuthorityFault>(authorities)) return authorities;
  unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;
  if (crl_file) {
    auto lists = add_lists(store.get(), *crl_file);
    if (std::holds_alternative<AuthorityFault>(lists)) return lists;
    flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
  }
  // The session's parameters, not the store's: OpenSSL asks those of the verification's own set.
  X509_VERIFY_PARAM* parameters = SSL_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_flags(parameters, flags);
  if (X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_CLIENT) != 1 ||
      SSL_CTX_ctrl(context, SSL_CTRL_SET_VERIFY_CERT_STORE, 1, store.get()) != 1) {
    return trust_fault(ca_file, "cannot be used: " + take_errors());
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, &verify);
  return std::monostate{};
}

std::string explain_refused(SSL* session) {
  const auto* subject = static_cast<const std::string*>(SSL_get_ex_data(session, subject_index()));
  return explain(SSL_get_verify_result(session), subject == nullptr ? std::string() : *subject);
}

ClientProof read_client_proof(SSL* session, Clock::time_point begun) {
  ClientProof proof;
  proof.certificate.reset(SSL_get1_peer_certificate(session));
  if (proof.certificate == nullptr) return proof;
  proof.until = begun;  // to be verified at once, unless it is known when
  STACK_OF(X509)* const sent = SSL_get_peer_cert_chain(session);
  if (sent != nullptr) proof.others.reset(X509_chain_up_ref(sent));
  STACK_OF(X509)* const verified = SSL_get0_verified_chain(session);
  const Check check = open_check(SSL_get_SSL_CTX(session), proof);
  if (verified == nullptr || check == nullptr) return proof;
  proof.until = next_change(check.get(), verified, begun);
  return proof;
}

std::optional<std::string> verify_anew(SSL_CTX* context, ClientProof& proof,
                                       Clock::time_point now) {
  const Check check = open_check(context, proof);
  if (check == nullptr) return "the client's certificate could not be verified: " + take_errors();
  // SOURCE: OpenSSL's ssl_verify_cert_chain, which does these for the handshake.
  X509_STORE_CTX_set_default(check.get(), "ssl_client");
  X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(check.get());
  X509_VERIFY_PARAM_set_auth_level(parameters, SSL_CTX_get_security_level(context));
  X509_VERIFY_PARAM_set1(parameters, SSL_CTX_get0_param(context));
  X509_VERIFY_PARAM_set_time(parameters, Clock::to_time_t(now));
  X509_STORE_CTX_set_verify_cb(check.get(), &verify);
  if (X509_verify_cert(check.get()) != 1) {
    ERR_clear_error();
    return explain(X509_STORE_CTX_get_error(check.get()), render_subject(proof.certificate.get()));
  }
  proof.until = next_change(check.get(), X509_STORE_CTX_get0_chain(check.get()), now);
  return std::nullopt;
}

}  // namespace ssmgate::tls
