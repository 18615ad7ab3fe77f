#include "tls/shown_name.hpp"

#include <memory>
#include <vector>

#include <openssl/x509v3.h>

#include "tls/certificate.hpp"
#include "tls/file.hpp"

namespace ssmgate::tls {
namespace {

struct FreeNames {
  void operator()(GENERAL_NAMES* p) const noexcept { GENERAL_NAMES_free(p); }
};

// The first that is a plain host name; empty: none.
std::string first_dns_name(X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS) continue;
    std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                     static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    const bool plain = text.find_first_not_of(
                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                           "0123456789.-_") == std::string::npos;
    if (plain && !text.empty()) return text;
  }
  return {};
}

}  // namespace

std::variant<AuthorityFault, ShownName> find_shown_name(const std::filesystem::path& certificate,
                                                        const std::string& address) {
  auto text = read_file(certificate, Privacy::none);
  if (auto* fault = std::get_if<AuthorityFault>(&text)) return std::move(*fault);
  std::vector<CertificatePtr> chain;
  const std::size_t bad = read_certificates(std::get<std::string>(text), chain);
  if (bad != 0 || chain.empty()) {
    return AuthorityFault{quoted(certificate) +
                          " holds no PEM certificate that can be read: " + take_errors()};
  }
  X509* own = chain.front().get();
  ShownName shown;
  const bool for_address = X509_check_ip_asc(own, address.c_str(), 0) == 1;
  shown.name = for_address ? address : first_dns_name(own);
  if (shown.name.empty()) {
    return AuthorityFault{quoted(certificate) + " is neither for " + address +
                          " nor for a name, so that no client would take it; have one made with "
                          "a subjectAltName"};
  }
  for (const CertificatePtr& each : chain) {
    if (is_self_signed(each.get())) shown.roots_pem += to_pem(each.get());
  }
  return shown;
}

}  // namespace ssmgate::tls
