// The key that signs the audit log's checkpoints: Ed25519, made at the first start.
//
// Owns: audit.key and audit.pub. Does not own: what is signed (audit_checkpoint.hpp).
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "tls/openssl.hpp"

namespace ssmgate::state {

struct KeyFault {
  std::string text;  // one line: which file, what is wrong, what to do
};

// What verifies: whoever has it can tell whether this gateway signed.
class AuditPublicKey {
 public:
  // A PEM text with one Ed25519 public key.
  [[nodiscard]] static std::variant<KeyFault, AuditPublicKey> parse(const std::string& pem);
  [[nodiscard]] static std::variant<KeyFault, AuditPublicKey> load(
      const std::filesystem::path& file);

  // The first 16 hex digits of the SHA-256 of its 32 bytes: what a checkpoint calls it.
  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  // `signature` in hex.
  [[nodiscard]] bool verify(std::string_view text, std::string_view signature) const;

 private:
  friend class AuditKey;
  explicit AuditPublicKey(tls::KeyPtr key);
  tls::KeyPtr key_;
  std::string id_;
};

// Safe from several threads.
class AuditKey {
 public:
  // `audit.key` (0600) of the folder `state`, made where it is missing. `audit.pub` is its other
  // half afterwards; that of another key is kept as `audit-ID.pub`. A key that others can read is a
  // fault.
  [[nodiscard]] static std::variant<KeyFault, std::shared_ptr<const AuditKey>> open(
      const std::filesystem::path& state);
  // The same of what is there; nothing is made.
  [[nodiscard]] static std::variant<KeyFault, std::shared_ptr<const AuditKey>> load(
      const std::filesystem::path& state);

  [[nodiscard]] const std::string& id() const noexcept { return public_.id(); }
  [[nodiscard]] const AuditPublicKey& public_key() const noexcept { return public_; }
  // In hex, 128 digits; empty only when OpenSSL fails.
  [[nodiscard]] std::string sign(std::string_view text) const;

 private:
  AuditKey(tls::KeyPtr key, AuditPublicKey public_key)
      : key_(std::move(key)), public_(std::move(public_key)) {}
  tls::KeyPtr key_;
  AuditPublicKey public_;
};

[[nodiscard]] std::filesystem::path audit_key_file(const std::filesystem::path& state);
[[nodiscard]] std::filesystem::path audit_public_key_file(const std::filesystem::path& state);

}  // namespace ssmgate::state
