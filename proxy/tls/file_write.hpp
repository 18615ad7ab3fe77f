// Small files written so that a crash at any moment leaves the old one or the new one, whole.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>

#include "tls/authority.hpp"
#include "tls/openssl.hpp"

namespace ssmgate::tls {

inline constexpr mode_t kKeyMode = 0600;
inline constexpr mode_t kCertificateMode = 0644;

// A file beside its final name; gone again unless it was put there.
class Aside {
 public:
  explicit Aside(std::filesystem::path target) : target_(std::move(target)) {}
  Aside(const Aside&) = delete;
  Aside& operator=(const Aside&) = delete;
  ~Aside();

  // Down to the disk, with `mode` from the first byte on (0600 until all is written).
  [[nodiscard]] std::variant<AuthorityFault, std::monostate> write(const std::string& text,
                                                                   mode_t mode);
  // A link, not a rename: it fails where something is already there.
  [[nodiscard]] std::variant<AuthorityFault, std::monostate> publish();
  // Over what is there, in one step.
  [[nodiscard]] std::variant<AuthorityFault, std::monostate> replace();

 private:
  std::filesystem::path target_;
  std::string name_;
};

// In the place of what is there, in one step, with `mode`; not down to the disk: for what is made
// anew whenever it is missing. 0, or the system's error.
[[nodiscard]] int replace_file(const std::filesystem::path& file, std::string_view text,
                               mode_t mode);

[[nodiscard]] std::filesystem::path folder_of(const std::filesystem::path& file);
[[nodiscard]] AuthorityFault uncreatable(const std::filesystem::path& path, int number);
// Each missing folder of the path, with 0700; those that are there stay as they are.
[[nodiscard]] std::variant<AuthorityFault, std::monostate> make_folders(
    const std::filesystem::path& folder);
// The folder's entries are down, so far as the file system can.
void sync_folder(const std::filesystem::path& folder);

// PKCS#8, unencrypted; empty only when OpenSSL fails. The caller cleanses it.
[[nodiscard]] std::string key_pem(EVP_PKEY* key);

}  // namespace ssmgate::tls
