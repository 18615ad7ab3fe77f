// The certificate authority of one gateway: what clients are told to trust.
//
//   root (ca.pem, what clients trust; key on disk, 0600)      constrained to SSM's suffixes
//     └─ intermediate (its key is gone once it has signed)    constrained to one host
//          └─ leaf for that SSM host (P-256, ≤ 7 days)
//
// Java ignores name constraints on a root but obeys them on an intermediate: both carry them.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tls/openssl.hpp"

namespace ssmgate::tls {

using Clock = std::chrono::system_clock;

struct AuthorityFault {
  std::string text;  // one line: which file, what is wrong, what to do
};

// Names of `intercept.hosts`: canonical, lower case.
using PrivateHosts = std::vector<std::string>;

class Authority {
 public:
  // Loads the root from the two PEM files. Where neither exists, creates them (key file 0600,
  // folders 0700, written aside and renamed; an existing file is never overwritten). One without
  // the other, a key that others can read, a key that is no certificate's, an expired certificate,
  // or one that may not sign for one of `hosts` is a fault.
  [[nodiscard]] static std::variant<AuthorityFault, std::unique_ptr<Authority>> open(
      const std::filesystem::path& certificate, const std::filesystem::path& key,
      Clock::time_point now, PrivateHosts hosts = {});
  ~Authority();

  // A server context for `host` (an SSM endpoint's canonical name, or a private host):
  // leaf and intermediate, TLS ≥ 1.2, ALPN http/1.1 alone. From a cache while its leaf is good for
  // another day. Safe from several threads. LIMIT: 1,024 hosts are kept, the oldest goes first.
  // Null (and OpenSSL's words in `fault`) only when OpenSSL fails.
  [[nodiscard]] ContextPtr context_for(std::string_view host, Clock::time_point now,
                                       std::string& fault);

  // What clients are to trust: the root in force, and what else stands in its file.
  [[nodiscard]] std::string root_pem() const;
  [[nodiscard]] Clock::time_point root_expiry() const;

 private:
  struct Impl;
  explicit Authority(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ssmgate::tls
