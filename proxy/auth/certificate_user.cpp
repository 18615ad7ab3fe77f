#include "auth/certificate_user.hpp"

#include <array>
#include <memory>
#include <optional>

#include <openssl/x509v3.h>

#include "ssmgate/rules/decide.hpp"
#include "ssmgate/text/diagnostic.hpp"
#include "wire/utf8.hpp"

namespace ssmgate::auth {
namespace {

struct FreeNames {
  void operator()(GENERAL_NAMES* p) const noexcept { GENERAL_NAMES_free(p); }
};
using Names = std::unique_ptr<GENERAL_NAMES, FreeNames>;

std::string bytes_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::optional<std::string> first_of(const Names& names, int kind) {
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    // URI, DNS and e-mail are one type of string in one place of the union.
    if (name->type == kind) return bytes_of(name->d.ia5);
  }
  return std::nullopt;
}

std::optional<std::string> common_name(X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  int last = -1;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) last = at;
  if (last < 0) return std::nullopt;
  const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last));
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, text);
  if (size < 0) return std::string();
  std::string name(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  return name;
}

}  // namespace

std::variant<CertificateFault, std::string> user_of_certificate(X509* certificate) {
  int trouble = -1;
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, &trouble, nullptr)));
  if (names == nullptr && trouble != -1) {
    return CertificateFault{"the alternative names of the client's certificate cannot be read"};
  }
  std::optional<std::string> user;
  for (const int kind : std::array{GEN_URI, GEN_DNS, GEN_EMAIL}) {
    if (!user) user = first_of(names, kind);
  }
  if (!user) user = common_name(certificate);
  if (!user) {
    return CertificateFault{
        "the client's certificate names nobody: it has no URI, DNS name, e-mail address or CN"};
  }
  const bool sound = !user->empty() && user->size() <= kMaxUserName && wire::is_plain_text(*user) &&
                     escape_invisible(*user) == *user;
  if (!sound) {
    return CertificateFault{
        "the name in the client's certificate is empty, too long, no UTF-8, or has control or "
        "invisible characters"};
  }
  if (user->starts_with("unix:")) {
    return CertificateFault{
        "the name in the client's certificate begins with `unix:`, as only the "
        "users of this machine do"};
  }
  return std::move(*user);
}

}  // namespace ssmgate::auth
