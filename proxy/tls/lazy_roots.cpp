#include "tls/lazy_roots.hpp"

#include <openssl/err.h>

#include <unordered_map>

namespace ssmgate::tls {
namespace {

// Never changed once the lookup has it: verifications of several threads read it at once.
struct Roots {
  std::vector<std::string> ders;
  std::unordered_multimap<unsigned long, std::size_t> by_subject;  // hash of the name
};

struct FreeName {
  void operator()(X509_NAME* name) const noexcept { X509_NAME_free(name); }
};

struct Element {
  const unsigned char* begin;  // of the whole element
  const unsigned char* content;
  const unsigned char* end;
};

// The DER element at `place`; nothing when it is not whole before `end`.
bool read_element(const unsigned char* place, const unsigned char* end, Element& element) {
  long size = 0;
  int tag = 0;
  int kind = 0;
  const unsigned char* content = place;
  if ((ASN1_get_object(&content, &size, &tag, &kind, end - place) & 0x80) != 0) return false;
  if (size < 0 || size > end - content) return false;
  element = {place, content, content + size};
  return true;
}

// SOURCE: RFC 5280 §4.1: Certificate { TBSCertificate { [0] version?, serialNumber, signature,
// issuer, validity, subject, …
std::unique_ptr<X509_NAME, FreeName> subject_of(const std::string& der) {
  const auto* begin = reinterpret_cast<const unsigned char*>(der.data());
  Element whole{};
  Element body{};
  if (!read_element(begin, begin + der.size(), whole) || whole.end != begin + der.size() ||
      !read_element(whole.content, whole.end, body)) {
    return nullptr;
  }
  const unsigned char* place = body.content;
  Element field{};
  if (!read_element(place, body.end, field)) return nullptr;
  int before_subject = *place == 0xa0 ? 5 : 4;
  for (; before_subject >= 0; --before_subject) {
    if (!read_element(place, body.end, field)) return nullptr;
    place = field.end;
  }
  const unsigned char* from = field.begin;
  return std::unique_ptr<X509_NAME, FreeName>(
      d2i_X509_NAME(nullptr, &from, field.end - field.begin));
}

bool hash_of(const X509_NAME* name, unsigned long& hash) {
  int good = 0;
  hash = X509_NAME_hash_ex(name, nullptr, nullptr, &good);
  return good == 1;
}

// INVARIANT: OpenSSL works a certificate's extensions out when it is first asked for them; that is
// here, before other threads see it.
CertificatePtr read_root(const std::string& der) {
  const auto* from = reinterpret_cast<const unsigned char*>(der.data());
  CertificatePtr root(d2i_X509(nullptr, &from, static_cast<long>(der.size())));
  if (root != nullptr) (void)X509_check_purpose(root.get(), -1, 0);
  return root;
}

// Puts every root of that name into the store, which is asked first from then on. OpenSSL's own
// lookups hand back a pointer that the store keeps alive, without a reference of its own.
int find_by_subject(X509_LOOKUP* lookup, X509_LOOKUP_TYPE type, const X509_NAME* name,
                    X509_OBJECT* found) {
  unsigned long hash = 0;
  if (type != X509_LU_X509 || !hash_of(name, hash)) return 0;
  const auto* roots = static_cast<const Roots*>(X509_LOOKUP_get_method_data(lookup));
  X509* chosen = nullptr;
  const auto [first, last] = roots->by_subject.equal_range(hash);
  for (auto each = first; each != last; ++each) {
    const CertificatePtr root = read_root(roots->ders[each->second]);
    if (root == nullptr || X509_NAME_cmp(X509_get_subject_name(root.get()), name) != 0) continue;
    if (X509_STORE_add_cert(X509_LOOKUP_get_store(lookup), root.get()) != 1) return 0;
  }
  // What the store holds, not what was added: of two threads at once, one finds its own there.
  X509_STORE* store = X509_LOOKUP_get_store(lookup);
  X509_STORE_lock(store);
  X509_OBJECT* held =
      X509_OBJECT_retrieve_by_subject(X509_STORE_get0_objects(store), X509_LU_X509, name);
  if (held != nullptr) chosen = X509_OBJECT_get0_X509(held);
  if (chosen != nullptr && X509_OBJECT_set1_X509(found, chosen) == 1) {
    X509_free(chosen);
  } else {
    chosen = nullptr;
  }
  X509_STORE_unlock(store);
  return chosen == nullptr ? 0 : 1;
}

void free_roots(X509_LOOKUP* lookup) {
  delete static_cast<Roots*>(X509_LOOKUP_get_method_data(lookup));
}

X509_LOOKUP_METHOD* lazy_method() {
  static X509_LOOKUP_METHOD* const kMethod = [] {
    X509_LOOKUP_METHOD* method = X509_LOOKUP_meth_new("ssmgate roots");
    if (method != nullptr) {
      X509_LOOKUP_meth_set_get_by_subject(method, &find_by_subject);
      X509_LOOKUP_meth_set_free(method, &free_roots);
    }
    return method;
  }();
  return kMethod;
}

}  // namespace

std::size_t add_lazy_roots(X509_STORE* store, std::vector<std::string> ders) {
  auto roots = std::make_unique<Roots>();
  roots->ders = std::move(ders);
  for (std::size_t i = 0; i < roots->ders.size(); ++i) {
    const auto subject = subject_of(roots->ders[i]);
    unsigned long hash = 0;
    if (subject == nullptr || !hash_of(subject.get(), hash)) return i + 1;
    roots->by_subject.emplace(hash, i);
  }
  X509_LOOKUP* lookup = X509_STORE_add_lookup(store, lazy_method());
  if (lookup == nullptr) return 1;
  X509_LOOKUP_set_method_data(lookup, roots.release());
  return 0;
}

}  // namespace ssmgate::tls
