#include "tls/listener_terms.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <string>
#include <utility>

#include "tls/file.hpp"

namespace ssmgate::tls {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::hours kSoon{14 * 24};
constexpr int kLastPart = 10;

// What one file holds, by the name that it is asked for.
class Terms {
 public:
  Terms(Term::Of of, fs::path file) : of_(of), file_(std::move(file)) {}

  void add(const X509_NAME* name, const Lifetime& life) {
    const auto same = std::ranges::find_if(
        found_, [name](const auto& each) { return X509_NAME_cmp(each.first, name) == 0; });
    if (same == found_.end()) {
      found_.emplace_back(name, Term{of_, file_, life});
    } else if (same->second.life.end < life.end) {
      same->second.life = life;
    }
  }
  void move_to(std::vector<Term>& terms) const {
    for (const auto& [name, term] : found_) terms.push_back(term);
  }

 private:
  const Term::Of of_;
  const fs::path file_;
  std::vector<std::pair<const X509_NAME*, Term>> found_;
};

std::string text_of(const fs::path& file) {
  auto text = read_file(file, Privacy::none);
  auto* read = std::get_if<std::string>(&text);
  return read == nullptr ? std::string() : std::move(*read);
}

std::vector<CertificatePtr> certificates_in(const fs::path& file) {
  std::vector<CertificatePtr> certificates;
  if (read_certificates(text_of(file), certificates) != 0) ERR_clear_error();
  return certificates;
}

void read_authorities(const fs::path& file, std::vector<Term>& terms) {
  const auto certificates = certificates_in(file);
  Terms found(Term::Of::client_ca, file);
  for (const CertificatePtr& each : certificates) {
    found.add(X509_get_subject_name(each.get()), lifetime_of(each.get()));
  }
  found.move_to(terms);
}

void read_lists(const fs::path& file, std::vector<Term>& terms) {
  std::vector<RevocationsPtr> lists;
  if (read_revocations(text_of(file), lists) != 0) ERR_clear_error();
  Terms found(Term::Of::revocations, file);
  for (const RevocationsPtr& each : lists) {
    if (const auto life = lifetime_of(each.get()))
      found.add(X509_CRL_get_issuer(each.get()), *life);
  }
  found.move_to(terms);
}

}  // namespace

std::vector<Term> read_terms(const ListenerFiles& files) {
  std::vector<Term> terms;
  // Those above its own are the clients' to judge: they may have others.
  const auto chain = certificates_in(files.certificate);
  if (!chain.empty()) {
    terms.push_back({Term::Of::certificate, files.certificate, lifetime_of(chain.front().get())});
  }
  if (files.client_ca) read_authorities(*files.client_ca, terms);
  if (files.crl) read_lists(*files.crl, terms);
  return terms;
}

bool ends_soon(const Term& term, Clock::time_point now) {
  const Lifetime& life = term.life;
  if (term.of == Term::Of::revocations)
    return life.end - now <= (life.end - life.begin) / kLastPart;
  return life.end - now < kSoon;
}

}  // namespace ssmgate::tls
