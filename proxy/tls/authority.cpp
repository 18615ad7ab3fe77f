// The authority at work: opens or creates the root, keeps an intermediate under it fresh, and one
// server context for each host. Certificates are built in certificate.cpp, files in ca_files*.cpp.
#include "tls/authority.hpp"

#include <array>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

#include <unistd.h>

#include "ssmgate/names/endpoint.hpp"
#include "tls/ca_files.hpp"
#include "tls/certificate.hpp"
#include "tls/file.hpp"
#include "tls/server_context.hpp"

namespace ssmgate::tls {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHostsKept = 1024;
constexpr std::chrono::hours kRenewLeaf{24};
// An intermediate is replaced while it still outlasts every leaf that it could be asked for.
constexpr std::chrono::hours kRenewIntermediate = kLeafLife + kRenewLeaf;
// SOURCE: NIST SP 800-57: 112 bits are RSA 2048; clients refuse less.
constexpr int kSecurityBits = 112;

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

std::vector<std::string> constrained_suffixes() {
  const auto suffixes = endpoint_suffixes();
  return {suffixes.begin(), suffixes.end()};
}

bool is_api_host(std::string_view host) {
  const auto endpoint = find_endpoint(host);
  return endpoint && endpoint->service == Endpoint::Service::api && endpoint->host == host;
}

std::optional<AuthorityFault> create_pair(const fs::path& certificate, const fs::path& key,
                                          Clock::time_point now) {
  const KeyPtr root_key = make_key();
  if (root_key == nullptr) return AuthorityFault{"cannot make a key: " + take_errors()};
  const Lifetime life{now - kBackdate, now - kBackdate + kRootLife};
  const CertificatePtr root = make_root(root_key.get(), host_name(), constrained_suffixes(), life);
  if (root == nullptr) return AuthorityFault{"cannot make a root: " + take_errors()};
  const auto written = write_pair(certificate, key, root.get(), root_key.get());
  if (const auto* fault = std::get_if<AuthorityFault>(&written)) return *fault;
  return std::nullopt;
}

// Makes the pair where there is none.
std::optional<AuthorityFault> ensure_pair(const fs::path& certificate, const fs::path& key,
                                          Clock::time_point now) {
  auto found = find_pair(certificate, key);
  if (std::holds_alternative<PairState>(found) && std::get<PairState>(found) == PairState::both) {
    return std::nullopt;
  }
  // Half a pair may be another start's work in progress: only under the lock is it a fault.
  const auto lock = CreationLock::take(certificate, key);
  if (const auto* fault = std::get_if<AuthorityFault>(&lock)) return *fault;
  found = find_pair(certificate, key);
  if (const auto* fault = std::get_if<AuthorityFault>(&found)) return *fault;
  if (std::get<PairState>(found) == PairState::both) return std::nullopt;
  return create_pair(certificate, key, now);
}

std::string rejection(const PemPair& pair, Clock::time_point now) {
  X509* root = pair.certificates.front().get();
  const Lifetime life = lifetime_of(root);
  if (!is_ca(root)) return "is not a CA's certificate; it needs `CA:TRUE` and `keyCertSign`";
  if (now >= life.end) return "has expired; give another, or move both files away for a new one";
  if (now < life.begin) return "is not valid yet; look at this machine's clock";
  const int type = EVP_PKEY_get_base_id(pair.key.get());
  if (type != EVP_PKEY_RSA && type != EVP_PKEY_EC) return "has a key that is neither RSA nor EC";
  if (EVP_PKEY_get_security_bits(pair.key.get()) < kSecurityBits) {
    return "has a key that clients refuse as too short; RSA needs 2048 bits, EC 224";
  }
  return {};
}

}  // namespace

// INVARIANT: `mutex` guards everything but `root`, `above` and `suffixes`, which never change.
struct Authority::Impl {
  struct Entry {
    std::string host;
    ContextPtr context;
    Clock::time_point begin;
    Clock::time_point renew;
  };
  using Entries = std::list<Entry>;  // the most recently used first

  Signer root;
  std::vector<CertificatePtr> above;  // what was found after the CA in its file
  std::vector<std::string> suffixes = constrained_suffixes();
  bool has_intermediate = false;

  std::mutex mutex;
  Signer intermediate;
  Lifetime intermediate_life;
  Entries entries;
  std::unordered_map<std::string_view, Entries::iterator> by_host;  // views of the entries' hosts

  [[nodiscard]] bool renew_intermediate(Clock::time_point now);
  [[nodiscard]] std::optional<Entry> make_entry(std::string_view host, Clock::time_point now);
  [[nodiscard]] std::vector<X509*> chain() const;
  void forget(Entries::iterator entry);
  [[nodiscard]] const Signer& signer() const { return has_intermediate ? intermediate : root; }
};

// True when an intermediate that is good for a while yet is in place.
bool Authority::Impl::renew_intermediate(Clock::time_point now) {
  if (!has_intermediate) return true;
  // Near the root's own end a new one would not last longer. A clock that was set back makes the
  // old one not valid yet.
  const bool last = intermediate_life.end == lifetime_of(root.certificate.get()).end;
  const bool good =
      last ? now < intermediate_life.end : now + kRenewIntermediate < intermediate_life.end;
  if (intermediate.certificate != nullptr && now >= intermediate_life.begin && good) return true;
  Signer next;
  const Lifetime life = life_under(root, now, kIntermediateLife);
  next.key = make_key();
  if (next.key == nullptr) return false;
  next.certificate = make_intermediate(next.key.get(), root, suffixes, life);
  if (next.certificate == nullptr) return false;
  intermediate = std::move(next);
  intermediate_life = lifetime_of(intermediate.certificate.get());
  return true;
}

// Sent after the leaf: everything between it and what clients trust.
std::vector<X509*> Authority::Impl::chain() const {
  std::vector<X509*> certificates;
  if (has_intermediate) certificates.push_back(intermediate.certificate.get());
  if (!is_self_signed(root.certificate.get())) {
    certificates.push_back(root.certificate.get());
    for (const CertificatePtr& certificate : above) {
      if (!is_self_signed(certificate.get())) certificates.push_back(certificate.get());
    }
  }
  return certificates;
}

// A key for each leaf: at 25 µs a host and week there is nothing to save by sharing one.
std::optional<Authority::Impl::Entry> Authority::Impl::make_entry(std::string_view host,
                                                                  Clock::time_point now) {
  if (!renew_intermediate(now)) return std::nullopt;
  const Lifetime life = life_under(signer(), now, kLeafLife);
  const KeyPtr key = make_key();
  if (key == nullptr) return std::nullopt;
  const CertificatePtr leaf = make_leaf(key.get(), signer(), host, life);
  if (leaf == nullptr) return std::nullopt;
  ContextPtr context = make_server_context(leaf.get(), key.get(), chain());
  if (context == nullptr) return std::nullopt;
  // A leaf that the issuer's end cuts short is used to that end: a new one would be no better.
  const bool whole = life.end == life.begin + kLeafLife;
  return Entry{std::string(host), std::move(context), life.begin,
               whole ? life.end - kRenewLeaf : life.end};
}

void Authority::Impl::forget(Entries::iterator entry) {
  by_host.erase(entry->host);
  entries.erase(entry);
}

Authority::Authority(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Authority::~Authority() = default;

std::variant<AuthorityFault, std::unique_ptr<Authority>> Authority::open(
    const fs::path& certificate, const fs::path& key, Clock::time_point now) {
  if (const auto fault = ensure_pair(certificate, key, now)) return *fault;
  auto loaded = load_pair(certificate, key);
  if (const auto* fault = std::get_if<AuthorityFault>(&loaded)) return *fault;
  auto& pair = std::get<PemPair>(loaded);
  const std::string trouble = rejection(pair, now);
  if (!trouble.empty()) return AuthorityFault{quoted(certificate) + " " + trouble};

  auto impl = std::make_unique<Impl>();
  impl->root.certificate = std::move(pair.certificates.front());
  impl->root.key = std::move(pair.key);
  pair.certificates.erase(pair.certificates.begin());
  impl->above = std::move(pair.certificates);
  impl->has_intermediate = may_sign_ca(impl->root.certificate.get());
  if (!impl->renew_intermediate(now)) {
    return AuthorityFault{"cannot sign with " + quoted(key) + ": " + take_errors()};
  }
  return std::unique_ptr<Authority>(new Authority(std::move(impl)));
}

ContextPtr Authority::context_for(std::string_view host, Clock::time_point now,
                                  std::string& fault) {
  const std::scoped_lock lock(impl_->mutex);
  if (const auto found = impl_->by_host.find(host); found != impl_->by_host.end()) {
    const auto entry = found->second;
    if (now >= entry->begin && now < entry->renew) {
      impl_->entries.splice(impl_->entries.begin(), impl_->entries, entry);
      return entry->context;
    }
    impl_->forget(entry);
  }
  // Clients would refuse most other leaves for the constraints; under a CA that was given and may
  // sign no CA there are none, and this line is all there is.
  if (!is_api_host(host)) {
    fault = "certificates are made for SSM's endpoints alone";
    return nullptr;
  }
  auto entry = impl_->make_entry(host, now);
  if (!entry) {
    fault = take_errors();
    return nullptr;
  }
  if (impl_->entries.size() >= kHostsKept) impl_->forget(std::prev(impl_->entries.end()));
  impl_->entries.push_front(std::move(*entry));
  const auto made = impl_->entries.begin();
  impl_->by_host.emplace(made->host, made);
  return made->context;
}

std::string Authority::root_pem() const {
  return to_pem(impl_->root.certificate.get());
}

std::string Authority::chain_pem() const {
  const std::scoped_lock lock(impl_->mutex);
  std::string text;
  if (impl_->has_intermediate) text = to_pem(impl_->intermediate.certificate.get());
  return text + to_pem(impl_->root.certificate.get());
}

Clock::time_point Authority::root_expiry() const {
  return lifetime_of(impl_->root.certificate.get()).end;
}

}  // namespace ssmgate::tls
