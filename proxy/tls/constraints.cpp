// Names in certificates.
#include "tls/constraints.hpp"

#include <algorithm>
#include <array>

namespace ssmgate::tls {
namespace {

struct FreeSubtree {
  void operator()(GENERAL_SUBTREE* p) const noexcept { GENERAL_SUBTREE_free(p); }
  void operator()(GENERAL_NAME* p) const noexcept { GENERAL_NAME_free(p); }
  void operator()(GENERAL_NAMES* p) const noexcept { GENERAL_NAMES_free(p); }
};

// `type` is GEN_DNS, GEN_EMAIL or GEN_URI; the three are IA5 strings.
bool set_text(GENERAL_NAME* name, int type, std::string_view text) {
  ASN1_IA5STRING* value = ASN1_IA5STRING_new();
  if (value == nullptr || ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) != 1) {
    ASN1_IA5STRING_free(value);
    return false;
  }
  GENERAL_NAME_set0_value(name, type, value);
  return true;
}

// An address and a mask, both zero: every address of that length.
bool set_every_address(GENERAL_NAME* name, std::size_t address_size) {
  const std::array<unsigned char, 32> zeros{};
  ASN1_OCTET_STRING* value = ASN1_OCTET_STRING_new();
  if (value == nullptr ||
      ASN1_OCTET_STRING_set(value, zeros.data(), static_cast<int>(2 * address_size)) != 1) {
    ASN1_OCTET_STRING_free(value);
    return false;
  }
  GENERAL_NAME_set0_value(name, GEN_IPADD, value);
  return true;
}

template <typename Set>
bool add_subtree(STACK_OF(GENERAL_SUBTREE) * &list, const Set& set) {
  if (list == nullptr) list = sk_GENERAL_SUBTREE_new_null();
  std::unique_ptr<GENERAL_SUBTREE, FreeSubtree> subtree(GENERAL_SUBTREE_new());
  if (list == nullptr || subtree == nullptr || !set(subtree->base)) return false;
  if (sk_GENERAL_SUBTREE_push(list, subtree.get()) <= 0) return false;
  static_cast<void>(subtree.release());
  return true;
}

}  // namespace

// A constraint speaks only of names of its own kind (RFC 5280 §4.2.1.10): DNS suffixes alone would
// leave the CA free to certify an address, a URI (a workload's identity) or a mailbox. Addresses
// are excluded outright. For the other two, no exclusion covers everything, so the one domain that
// never exists (RFC 6761) is the only one permitted. Directory names are left alone: Go refuses a
// certificate with a critical constraint on them, and no TLS client takes a host from one.
bool add_name_constraints(X509* certificate, const std::vector<std::string>& suffixes) {
  const std::unique_ptr<NAME_CONSTRAINTS, Free> constraints(NAME_CONSTRAINTS_new());
  if (constraints == nullptr) return false;
  const auto permit = [&constraints](int type, std::string_view text) {
    return add_subtree(constraints->permittedSubtrees,
                       [type, text](GENERAL_NAME* name) { return set_text(name, type, text); });
  };
  const auto exclude = [&constraints](std::size_t size) {
    return add_subtree(constraints->excludedSubtrees,
                       [size](GENERAL_NAME* name) { return set_every_address(name, size); });
  };
  for (const std::string& suffix : suffixes) {
    if (!permit(GEN_DNS, suffix)) return false;
  }
  return permit(GEN_EMAIL, ".invalid") && permit(GEN_URI, ".invalid") && exclude(4) &&
         exclude(16) &&
         X509_add1_ext_i2d(certificate, NID_name_constraints, constraints.get(), 1,
                           X509V3_ADD_DEFAULT) == 1;
}

namespace {

template <typename Set>
bool add_name(X509* certificate, const Set& set) {
  const std::unique_ptr<GENERAL_NAMES, FreeSubtree> names(GENERAL_NAMES_new());
  std::unique_ptr<GENERAL_NAME, FreeSubtree> name(GENERAL_NAME_new());
  if (names == nullptr || name == nullptr || !set(name.get())) return false;
  if (sk_GENERAL_NAME_push(names.get(), name.get()) <= 0) return false;
  static_cast<void>(name.release());
  return X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) ==
         1;
}

}  // namespace

bool add_dns_name(X509* certificate, std::string_view host) {
  return add_name(certificate,
                  [host](GENERAL_NAME* name) { return set_text(name, GEN_DNS, host); });
}

bool add_address(X509* certificate, const std::array<unsigned char, 4>& address) {
  return add_name(certificate, [&address](GENERAL_NAME* name) {
    ASN1_OCTET_STRING* value = ASN1_OCTET_STRING_new();
    if (value == nullptr ||
        ASN1_OCTET_STRING_set(value, address.data(), static_cast<int>(address.size())) != 1) {
      ASN1_OCTET_STRING_free(value);
      return false;
    }
    GENERAL_NAME_set0_value(name, GEN_IPADD, value);
    return true;
  });
}

namespace {

std::unique_ptr<NAME_CONSTRAINTS, Free> constraints_of(const X509* certificate) {
  return std::unique_ptr<NAME_CONSTRAINTS, Free>(static_cast<NAME_CONSTRAINTS*>(
      X509_get_ext_d2i(certificate, NID_name_constraints, nullptr, nullptr)));
}

std::vector<std::string> dns_names(const STACK_OF(GENERAL_SUBTREE) * subtrees) {
  std::vector<std::string> names;
  for (int i = 0; i < sk_GENERAL_SUBTREE_num(subtrees); ++i) {
    const GENERAL_NAME* base = sk_GENERAL_SUBTREE_value(subtrees, i)->base;
    if (base->type != GEN_DNS) continue;
    names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(base->d.dNSName)),
                       static_cast<std::size_t>(ASN1_STRING_length(base->d.dNSName)));
  }
  return names;
}

// SOURCE: RFC 5280 §4.2.1.10: the name itself, and what labels in front of it make. Some CAs write
// a dot in front, which every verifier takes.
bool lies_under(std::string_view host, std::string_view name) {
  if (name.starts_with('.')) return host.ends_with(name);
  if (name.empty() || host == name) return true;
  return host.ends_with(name) && host[host.size() - name.size() - 1] == '.';
}

}  // namespace

std::optional<std::vector<std::string>> permitted_names(const X509* certificate) {
  const auto constraints = constraints_of(certificate);
  if (constraints == nullptr) return std::nullopt;
  auto names = dns_names(constraints->permittedSubtrees);
  if (names.empty()) return std::nullopt;
  return names;
}

bool may_certify(const X509* certificate, std::string_view host) {
  const auto constraints = constraints_of(certificate);
  if (constraints == nullptr) return true;
  const auto covers = [host](const std::string& name) { return lies_under(host, name); };
  const auto permitted = dns_names(constraints->permittedSubtrees);
  return !std::ranges::any_of(dns_names(constraints->excludedSubtrees), covers) &&
         (permitted.empty() || std::ranges::any_of(permitted, covers));
}

}  // namespace ssmgate::tls
