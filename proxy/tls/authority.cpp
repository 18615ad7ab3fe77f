// The authority at work: opens or creates the root, and keeps one server context for each host.
// Certificates are built in certificate.cpp, files in ca_files*.cpp.
#include "tls/authority.hpp"

#include <algorithm>
#include <array>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

#include <unistd.h>

#include "ssmgate/names/endpoint.hpp"
#include "tls/ca_files.hpp"
#include "tls/certificate.hpp"
#include "tls/constraints.hpp"
#include "tls/file.hpp"
#include "tls/server_context.hpp"

namespace ssmgate::tls {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHostsKept = 1024;
constexpr std::string_view kTrialHost = "ssm.us-east-1.amazonaws.com";
constexpr std::chrono::hours kRenewLeaf{24};

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

bool is_api_host(std::string_view host) {
  const auto endpoint = find_endpoint(host);
  return endpoint && endpoint->service == Endpoint::Service::api && endpoint->host == host;
}

std::optional<AuthorityFault> create_pair(const fs::path& certificate, const fs::path& key,
                                          Clock::time_point now, const PrivateHosts& hosts) {
  const auto made = make_own_root(now, hosts);
  if (const auto* fault = std::get_if<AuthorityFault>(&made)) return *fault;
  const Signer& root = std::get<Signer>(made);
  const auto written = write_pair(certificate, key, root.certificate.get(), root.key.get());
  if (const auto* fault = std::get_if<AuthorityFault>(&written)) return *fault;
  return std::nullopt;
}

// Makes the pair where there is none.
std::optional<AuthorityFault> ensure_pair(const fs::path& certificate, const fs::path& key,
                                          Clock::time_point now, const PrivateHosts& hosts) {
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
  return create_pair(certificate, key, now, hosts);
}

}  // namespace

std::variant<AuthorityFault, Signer> make_own_root(Clock::time_point now,
                                                   const PrivateHosts& hosts) {
  const auto suffixes = endpoint_suffixes();
  std::vector<std::string> names(suffixes.begin(), suffixes.end());
  names.insert(names.end(), hosts.begin(), hosts.end());
  Signer root;
  root.key = make_key();
  if (root.key == nullptr) return AuthorityFault{"cannot make a key: " + take_errors()};
  const Lifetime life{now - kBackdate, now - kBackdate + kRootLife};
  root.certificate = make_root(root.key.get(), host_name(), names, life);
  if (root.certificate == nullptr) return AuthorityFault{"cannot make a root: " + take_errors()};
  return root;
}

// INVARIANT: `mutex` guards `entries` and `by_host`; nothing else changes.
struct Authority::Impl {
  struct Entry {
    std::string host;
    ContextPtr context;
    Clock::time_point begin;
    Clock::time_point renew;
  };
  using Entries = std::list<Entry>;  // the most recently used first

  Signer root;
  std::vector<CertificatePtr> others;  // what else is in its file
  PrivateHosts hosts;
  bool has_intermediate = false;

  std::mutex mutex;
  Entries entries;
  std::unordered_map<std::string_view, Entries::iterator> by_host;  // views of the entries' hosts

  [[nodiscard]] bool may_serve(std::string_view host) const;
  [[nodiscard]] std::optional<Entry> make_entry(std::string_view host, Clock::time_point now) const;
  [[nodiscard]] std::vector<X509*> chain(X509* intermediate) const;
  void forget(Entries::iterator entry);
};

bool Authority::Impl::may_serve(std::string_view host) const {
  return is_api_host(host) || std::ranges::find(hosts, host) != hosts.end();
}

// Sent after the leaf: everything between it and what clients trust.
std::vector<X509*> Authority::Impl::chain(X509* intermediate) const {
  std::vector<X509*> certificates;
  if (intermediate != nullptr) certificates.push_back(intermediate);
  if (!is_self_signed(root.certificate.get())) {
    certificates.push_back(root.certificate.get());
    for (const CertificatePtr& certificate : others) {
      if (!is_self_signed(certificate.get())) certificates.push_back(certificate.get());
    }
  }
  return certificates;
}

// A key and an intermediate for each leaf: at 50 µs a host and week there is nothing to save by
// sharing them, and no key but the root's can sign anything afterwards.
std::optional<Authority::Impl::Entry> Authority::Impl::make_entry(std::string_view host,
                                                                  Clock::time_point now) const {
  const Lifetime life = life_under(root, now, kLeafLife);
  Signer intermediate;
  if (has_intermediate) {
    intermediate.key = make_key();
    if (intermediate.key == nullptr) return std::nullopt;
    intermediate.certificate =
        make_intermediate(intermediate.key.get(), root, {std::string(host)}, life);
    if (intermediate.certificate == nullptr) return std::nullopt;
  }
  const KeyPtr key = make_key();
  if (key == nullptr) return std::nullopt;
  const CertificatePtr leaf =
      make_leaf(key.get(), has_intermediate ? intermediate : root, host, life);
  if (leaf == nullptr) return std::nullopt;
  ContextPtr context =
      make_server_context(leaf.get(), key.get(), chain(intermediate.certificate.get()));
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
    const fs::path& certificate, const fs::path& key, Clock::time_point now, PrivateHosts hosts) {
  if (const auto fault = ensure_pair(certificate, key, now, hosts)) return *fault;
  auto loaded = load_authority_pair(certificate, key, now);
  if (const auto* fault = std::get_if<AuthorityFault>(&loaded)) return *fault;
  auto& pair = std::get<PemPair>(loaded);

  for (const std::string& host : hosts) {
    if (may_certify(pair.certificates.front().get(), host)) continue;
    return AuthorityFault{"the CA in " + quoted(certificate) + " may not sign for `" + host +
                          "` of `intercept.hosts`: its name constraints leave that out, and no " +
                          "client would believe it; make one that may: `ssmgate ca rotate`"};
  }

  auto impl = std::make_unique<Impl>();
  impl->root.certificate = std::move(pair.certificates.front());
  impl->root.key = std::move(pair.key);
  pair.certificates.erase(pair.certificates.begin());
  impl->others = std::move(pair.certificates);
  impl->hosts = std::move(hosts);
  impl->has_intermediate = may_sign_ca(impl->root.certificate.get());
  // A CA that cannot sign is found out now, not by the first client.
  if (!impl->make_entry(kTrialHost, now)) {
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
  if (!impl_->may_serve(host)) {
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
  std::string text = to_pem(impl_->root.certificate.get());
  for (const CertificatePtr& other : impl_->others) text += to_pem(other.get());
  return text;
}

Clock::time_point Authority::root_expiry() const {
  return lifetime_of(impl_->root.certificate.get()).end;
}

}  // namespace ssmgate::tls
