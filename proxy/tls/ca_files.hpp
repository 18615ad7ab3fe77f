// The CA's two PEM files on disk: reading them, judging who else can, and writing them once.
#pragma once

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "tls/authority.hpp"
#include "tls/openssl.hpp"

namespace ssmgate::tls {

struct PemPair {
  std::vector<CertificatePtr> certificates;  // the key's own, then the others; at least one
  KeyPtr key;
};

enum class PairState : std::uint8_t { neither, both };

// One without the other is a fault, and so is a file that cannot be looked at.
[[nodiscard]] std::variant<AuthorityFault, PairState> find_pair(
    const std::filesystem::path& certificate, const std::filesystem::path& key);

// Reads both. A key file that group or others can reach is a fault.
[[nodiscard]] std::variant<AuthorityFault, PemPair> load_pair(
    const std::filesystem::path& certificate, const std::filesystem::path& key);

// load_pair, of what may be an authority now: a CA's certificate that is in date, and no weak key.
[[nodiscard]] std::variant<AuthorityFault, PemPair> load_authority_pair(
    const std::filesystem::path& certificate, const std::filesystem::path& key,
    Clock::time_point now);

// The certificates alone, as they stand in their file; at least one.
[[nodiscard]] std::variant<AuthorityFault, std::vector<CertificatePtr>> load_certificates(
    const std::filesystem::path& certificate);

// Held while the pair is looked for and made, so that of two starts at once the second finds the
// first one's files. Makes the folders (0700) of both files.
class CreationLock {
 public:
  [[nodiscard]] static std::variant<AuthorityFault, CreationLock> take(
      const std::filesystem::path& certificate, const std::filesystem::path& key);
  CreationLock(CreationLock&& other) noexcept : descriptor_(other.descriptor_) {
    other.descriptor_ = -1;
  }
  CreationLock& operator=(CreationLock&&) = delete;
  ~CreationLock();

 private:
  explicit CreationLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// Writes both, the key readable by its owner alone from its first byte. Each appears whole under
// its name or not at all. INVARIANT: no existing file is ever replaced.
[[nodiscard]] std::variant<AuthorityFault, std::monostate> write_pair(
    const std::filesystem::path& certificate, const std::filesystem::path& key,
    X509* certificate_value, EVP_PKEY* key_value);

}  // namespace ssmgate::tls
