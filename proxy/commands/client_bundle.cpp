#include "commands/client_bundle.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include <openssl/evp.h>

#include "config/search.hpp"
#include "tls/file.hpp"
#include "tls/file_write.hpp"
#include "tls/openssl.hpp"

namespace ssmgate::commands {
namespace fs = std::filesystem;
namespace {

// LIMIT: roots from one file; all that browsers trust take a fifth of a megabyte. Beyond it is a
// device, or a mistake.
constexpr std::size_t kLargestFile = std::size_t{16} << 20;

// Appends what is in `file`; what hinders it, in words.
std::optional<std::string> append_file(std::string& out, const fs::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return std::strerror(errno);
  std::string text;
  char buffer[std::size_t{16} << 10];
  ssize_t count = 0;
  while (text.size() <= kLargestFile && (count = ::read(fd, buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  const int reason = errno;
  ::close(fd);
  if (count < 0) return std::strerror(reason);
  if (text.size() > kLargestFile) return "it is larger than 16 MiB";
  out += text;
  if (!text.empty() && text.back() != '\n') out += '\n';
  return std::nullopt;
}

// What hinders `text` from being roots, in words.
std::optional<std::string> find_root_fault(const std::string& text) {
  std::vector<tls::CertificatePtr> certificates;
  const std::size_t bad = tls::read_certificates(text, certificates);
  if (bad != 0) {
    return "certificate " + std::to_string(bad) + " in it is damaged (" + tls::take_errors() + ")";
  }
  if (certificates.empty()) return "there is no certificate in it";
  return std::nullopt;
}

// Enough of it to tell CAs apart.
std::string short_digest(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (std::size_t i = 0; i < 8; ++i) {
    hex += kDigits[digest[i] >> 4U];
    hex += kDigits[digest[i] & 15U];
  }
  return hex;
}

std::optional<EnvironmentFault> write_file(const fs::path& file, std::string_view text) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  const int number = tls::replace_file(file, text, tls::kCertificateMode);
  if (number == 0) return std::nullopt;
  return EnvironmentFault{"`" + file.string() + "` cannot be written: " + std::strerror(number)};
}

}  // namespace

std::optional<EnvironmentFault> write_bundle(const fs::path& bundle, std::string_view root_pem,
                                             const fs::path& ca_file,
                                             std::span<const char* const> names,
                                             const Lookup& current) {
  std::string text(root_pem);
  if (const auto reason = append_file(text, ca_file)) {
    return EnvironmentFault{"`" + ca_file.string() +
                            "` of `upstream.ca_file` cannot be read: " + *reason};
  }
  std::vector<std::string> added = {bundle.string()};
  for (const char* name : names) {
    const auto file = current(name);
    if (!file || std::ranges::find(added, *file) != added.end()) continue;
    std::string own;
    auto reason = append_file(own, *file);
    if (!reason) reason = find_root_fault(own);
    if (reason) {
      return EnvironmentFault{
          std::string(name) + " names `" + *file + "`, which cannot be used: " + *reason +
          "; name a file of certificates (PEM) in it, or unset it: `unset " + name + "`"};
    }
    text += own;
    added.push_back(*file);
  }
  return write_file(bundle, text);
}

std::variant<EnvironmentFault, fs::path> find_bundle_place(const fs::path& state,
                                                           std::string_view root_pem) {
  std::error_code error;
  fs::create_directories(state, error);
  if (!error && ::access(state.c_str(), W_OK | X_OK) == 0) return state / "bundle.pem";
  const fs::path folder = config::user_cache_folder();
  const auto made = tls::make_folders(folder);
  if (const auto* fault = std::get_if<tls::AuthorityFault>(&made)) {
    return EnvironmentFault{"`" + state.string() + "` is not this user's, and " +
                            fault->text.substr(0, fault->text.find("; let this user")) +
                            "; name a folder of this user's in XDG_CACHE_HOME"};
  }
  return folder / ("bundle-" + short_digest(root_pem) + ".pem");
}

std::optional<EnvironmentFault> add_to_bundle(const fs::path& bundle, const std::string& root,
                                              const std::string& next) {
  std::string text;
  if (append_file(text, bundle)) return std::nullopt;
  const std::size_t place = text.find(root);
  if (place == std::string::npos || text.find(next) != std::string::npos) return std::nullopt;
  text.insert(place, next);
  return write_file(bundle, text);
}

}  // namespace ssmgate::commands
