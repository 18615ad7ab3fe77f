// Replacing the gateway's own root so that no client is ever without one that it trusts.
//
//   begin     ca.pem: old, new      ca.key: old   ca.key.next: new    clients learn to trust both
//   activate  ca.pem: old, new      ca.key: new                       leaves come from the new one
//   finish    ca.pem: new           ca.key: new                       the old one is trusted no
//   more
//
// Each step is one rename at its end; the key says which certificate of the file is in force. So a
// crash at any moment leaves a CA that works, and the step can be repeated.
#pragma once

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "tls/authority.hpp"
#include "tls/certificate.hpp"

namespace ssmgate::tls {

enum class RotationStage : std::uint8_t { none, begun, activated };

struct CaState {
  RotationStage stage = RotationStage::none;
  CertificatePtr in_force;             // the key's own
  std::vector<CertificatePtr> others;  // what else clients trust, or what stands above
  std::size_t next = 0;                // of `others`: the new root, when `begun`
  bool own = false;                    // a root that ssmgate made
};

// LIMIT: the new root is not to sign before clients have had a week to learn of it.
inline constexpr std::chrono::hours kOverlap{7 * 24};

class Rotation {
 public:
  Rotation(std::filesystem::path certificate, std::filesystem::path key);

  [[nodiscard]] std::variant<AuthorityFault, CaState> look() const;

  using Done = std::variant<AuthorityFault, std::monostate>;
  // Makes the new root, for SSM's suffixes and `hosts`.
  [[nodiscard]] Done begin(Clock::time_point now, const PrivateHosts& hosts) const;
  // `hasty`: before the overlap is over.
  [[nodiscard]] Done activate(Clock::time_point now, bool hasty) const;
  [[nodiscard]] Done finish() const;
  // Takes `begin` back.
  [[nodiscard]] Done cancel() const;

 private:
  [[nodiscard]] Done write_certificates(const std::vector<X509*>& certificates) const;

  std::filesystem::path certificate_;
  std::filesystem::path key_;
  std::filesystem::path next_key_;
};

}  // namespace ssmgate::tls
