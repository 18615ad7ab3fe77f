#include "state/audit_key.hpp"

#include <array>
#include <optional>
#include <vector>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <spdlog/spdlog.h>

#include "state/audit_chain.hpp"
#include "tls/file.hpp"
#include "tls/file_write.hpp"

namespace ssmgate::state {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kIdDigits = 16;

struct FreeDigest {
  void operator()(EVP_MD_CTX* p) const noexcept { EVP_MD_CTX_free(p); }
};
using DigestPtr = std::unique_ptr<EVP_MD_CTX, FreeDigest>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hex_of(const unsigned char* data, std::size_t size) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string hex;
  hex.reserve(size * 2);
  for (std::size_t i = 0; i < size; ++i) {
    hex += kHex[data[i] >> 4U];
    hex += kHex[data[i] & 15U];
  }
  return hex;
}

std::optional<unsigned> digit_of(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10U;
  return std::nullopt;
}

// Nothing unless it is a signature's 128 lower-case digits.
std::optional<std::array<unsigned char, kSignatureBytes>> signature_of(std::string_view hex) {
  std::array<unsigned char, kSignatureBytes> bytes{};
  if (hex.size() != bytes.size() * 2) return std::nullopt;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto high = digit_of(hex[2 * i]);
    const auto low = digit_of(hex[2 * i + 1]);
    if (!high || !low) return std::nullopt;
    bytes[i] = static_cast<unsigned char>((*high << 4U) | *low);
  }
  return bytes;
}

std::string public_pem(EVP_PKEY* key) {
  const tls::BioPtr memory(BIO_new(BIO_s_mem()));
  if (memory == nullptr || PEM_write_bio_PUBKEY(memory.get(), key) != 1) return {};
  const char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

int no_password(char*, int, int, void*) {
  return -1;
}

KeyFault fault_of(const tls::AuthorityFault& fault) {
  return {"audit: " + fault.text};
}

// Both files, the key last: whoever finds the key finds the other, too.
std::optional<KeyFault> make_key(const fs::path& state) {
  const tls::KeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  std::string pem = key ? tls::key_pem(key.get()) : std::string();
  if (pem.empty()) return KeyFault{"audit: no key could be made: " + tls::take_errors()};
  const auto folders = tls::make_folders(state);
  if (const auto* fault = std::get_if<tls::AuthorityFault>(&folders)) return fault_of(*fault);
  tls::Aside file(audit_key_file(state));
  const auto written = file.write(pem, tls::kKeyMode);
  OPENSSL_cleanse(pem.data(), pem.size());
  if (const auto* fault = std::get_if<tls::AuthorityFault>(&written)) return fault_of(*fault);
  // Another gateway may have been first: then its key is the one.
  static_cast<void>(file.publish());
  tls::sync_folder(state);
  return std::nullopt;
}

std::optional<KeyFault> write_public(const fs::path& state, EVP_PKEY* key) {
  tls::Aside file(audit_public_key_file(state));
  auto done = file.write(public_pem(key), tls::kCertificateMode);
  if (!std::get_if<tls::AuthorityFault>(&done)) done = file.replace();
  if (const auto* fault = std::get_if<tls::AuthorityFault>(&done)) return fault_of(*fault);
  return std::nullopt;
}

// `audit.pub` is to be the other half of the key: that of another key is kept under its id, so that
// what that one signed can still be verified.
std::optional<KeyFault> settle_public(const fs::path& state, EVP_PKEY* key, const std::string& id) {
  const fs::path file = audit_public_key_file(state);
  const auto found = AuditPublicKey::load(file);
  if (const auto* other = std::get_if<AuditPublicKey>(&found)) {
    if (other->id() == id) return std::nullopt;
    const fs::path kept = state / ("audit-" + other->id() + ".pub");
    std::error_code error;
    fs::rename(file, kept, error);
    if (error) return KeyFault{"audit: " + tls::quoted(file) + " is another key's: move it away"};
    spdlog::warn(
        "audit: {} was not that of {}, and is {} now: bring the key of before back if it was lost "
        "and you have a copy; what it signed is verified with `ssmgate audit verify --key {}`",
        tls::quoted(file), tls::quoted(audit_key_file(state)), tls::quoted(kept), kept.string());
  }
  std::error_code error;
  if (fs::exists(file, error)) return std::nullopt;
  return write_public(state, key);
}

}  // namespace

fs::path audit_key_file(const fs::path& state) {
  return state / "audit.key";
}

fs::path audit_public_key_file(const fs::path& state) {
  return state / "audit.pub";
}

AuditPublicKey::AuditPublicKey(tls::KeyPtr key) : key_(std::move(key)) {
  std::array<unsigned char, kKeyBytes> raw{};
  std::size_t size = raw.size();
  EVP_PKEY_get_raw_public_key(key_.get(), raw.data(), &size);
  const std::string_view text(reinterpret_cast<const char*>(raw.data()), raw.size());
  id_ = sha256_hex(text).substr(0, kIdDigits);
}

std::variant<KeyFault, AuditPublicKey> AuditPublicKey::parse(const std::string& pem) {
  const tls::BioPtr memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  tls::KeyPtr key(PEM_read_bio_PUBKEY(memory.get(), nullptr, &no_password, nullptr));
  if (key == nullptr || EVP_PKEY_is_a(key.get(), "ED25519") != 1) {
    ERR_clear_error();
    return KeyFault{"no Ed25519 public key in PEM; give the `audit.pub` of the gateway's `state`"};
  }
  return AuditPublicKey(std::move(key));
}

std::variant<KeyFault, AuditPublicKey> AuditPublicKey::load(const fs::path& file) {
  const auto text = tls::read_file(file, tls::Privacy::none);
  if (const auto* fault = std::get_if<tls::AuthorityFault>(&text)) return fault_of(*fault);
  auto parsed = parse(std::get<std::string>(text));
  if (auto* fault = std::get_if<KeyFault>(&parsed)) {
    return KeyFault{"audit: " + tls::quoted(file) + " holds " + fault->text};
  }
  return parsed;
}

bool AuditPublicKey::verify(std::string_view text, std::string_view signature) const {
  const auto bytes = signature_of(signature);
  const DigestPtr context(EVP_MD_CTX_new());
  if (!bytes || context == nullptr) return false;
  const bool good =
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
      EVP_DigestVerify(context.get(), bytes->data(), bytes->size(), bytes_of(text), text.size()) ==
          1;
  ERR_clear_error();
  return good;
}

std::variant<KeyFault, std::shared_ptr<const AuditKey>> AuditKey::open(const fs::path& state) {
  std::error_code error;
  if (!fs::exists(audit_key_file(state), error)) {
    if (auto fault = make_key(state)) return std::move(*fault);
  }
  auto loaded = load(state);
  if (const auto* key = std::get_if<std::shared_ptr<const AuditKey>>(&loaded)) {
    if (auto fault = settle_public(state, (*key)->key_.get(), (*key)->id())) {
      return std::move(*fault);
    }
  }
  return loaded;
}

std::variant<KeyFault, std::shared_ptr<const AuditKey>> AuditKey::load(const fs::path& state) {
  const fs::path file = audit_key_file(state);
  auto text = tls::read_file(file, tls::Privacy::owner_only);
  if (const auto* fault = std::get_if<tls::AuthorityFault>(&text)) return fault_of(*fault);
  auto& pem = std::get<std::string>(text);
  const tls::BioPtr memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  tls::KeyPtr key(PEM_read_bio_PrivateKey(memory.get(), nullptr, &no_password, nullptr));
  OPENSSL_cleanse(pem.data(), pem.size());
  if (key == nullptr || EVP_PKEY_is_a(key.get(), "ED25519") != 1) {
    ERR_clear_error();
    return KeyFault{"audit: " + tls::quoted(file) +
                    " holds no Ed25519 key; move it away, and a new one is made"};
  }
  auto parsed = AuditPublicKey::parse(public_pem(key.get()));
  if (auto* fault = std::get_if<KeyFault>(&parsed)) return std::move(*fault);
  return std::shared_ptr<const AuditKey>(
      new AuditKey(std::move(key), std::move(std::get<AuditPublicKey>(parsed))));
}

std::string AuditKey::sign(std::string_view text) const {
  std::array<unsigned char, kSignatureBytes> bytes{};
  std::size_t size = bytes.size();
  const DigestPtr context(EVP_MD_CTX_new());
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), bytes.data(), &size, bytes_of(text), text.size()) != 1) {
    ERR_clear_error();
    return {};
  }
  return hex_of(bytes.data(), size);
}

}  // namespace ssmgate::state
