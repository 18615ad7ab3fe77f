// The certificate authority of one gateway: what clients are told to trust.
//
//   root (ca.pem, what clients trust; key on disk, 0600)
//     └─ intermediate (made at each start, key only in memory)      both name-constrained, critical
//          └─ leaf for one SSM host (P-256, ≤ 7 days)
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

#include "tls/openssl.hpp"

namespace ssmgate::tls {

using Clock = std::chrono::system_clock;

struct AuthorityFault {
  std::string text;  // one line: which file, what is wrong, what to do
};

class Authority {
 public:
  // Loads the root from the two PEM files. Where neither exists, creates them (key file 0600,
  // folders 0700, written aside and renamed; an existing file is never overwritten). One without
  // the other, a key that others can read, a key that is not the certificate's, or an expired
  // certificate is a fault.
  [[nodiscard]] static std::variant<AuthorityFault, std::unique_ptr<Authority>> open(
      const std::filesystem::path& certificate, const std::filesystem::path& key,
      Clock::time_point now);
  ~Authority();

  // A server context for `host` (an SSM endpoint's canonical name: lower case, no trailing dot):
  // leaf and intermediate, TLS ≥ 1.2, ALPN http/1.1 alone. From a cache while its leaf is good for
  // another day. Safe from several threads. LIMIT: 1,024 hosts are kept, the oldest goes first.
  // Null (and OpenSSL's words in `fault`) only when OpenSSL fails.
  [[nodiscard]] ContextPtr context_for(std::string_view host, Clock::time_point now,
                                       std::string& fault);

  [[nodiscard]] std::string root_pem() const;
  [[nodiscard]] std::string chain_pem() const;  // intermediate and root
  [[nodiscard]] Clock::time_point root_expiry() const;

 private:
  struct Impl;
  explicit Authority(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ssmgate::tls
