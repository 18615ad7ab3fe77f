// Writing the CA's files: both or none, and never over an existing one.
#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "tls/ca_files.hpp"
#include "tls/certificate.hpp"
#include "tls/file.hpp"
#include "tls/file_write.hpp"

namespace ssmgate::tls {
namespace {

namespace fs = std::filesystem;
using Done = std::variant<AuthorityFault, std::monostate>;

}  // namespace

std::variant<AuthorityFault, CreationLock> CreationLock::take(const fs::path& certificate,
                                                              const fs::path& key) {
  for (const fs::path& file : {certificate, key}) {
    const Done made = make_folders(folder_of(file));
    if (const auto* fault = std::get_if<AuthorityFault>(&made)) return *fault;
  }
  const fs::path folder = folder_of(key);
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return uncreatable(key, errno);
  // Where a file system knows no locks, `publish` still never replaces: one of two starts fails.
  while (::flock(descriptor, LOCK_EX) != 0 && errno == EINTR) {
  }
  return CreationLock(descriptor);
}

CreationLock::~CreationLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::variant<AuthorityFault, std::monostate> write_pair(const fs::path& certificate,
                                                        const fs::path& key,
                                                        X509* certificate_value,
                                                        EVP_PKEY* key_value) {
  std::string secret = key_pem(key_value);
  const std::string open_text = to_pem(certificate_value);
  if (secret.empty() || open_text.empty()) return AuthorityFault{take_errors()};
  Aside key_file(key);
  Aside certificate_file(certificate);
  Done done = key_file.write(secret, kKeyMode);
  OPENSSL_cleanse(secret.data(), secret.size());
  if (std::holds_alternative<AuthorityFault>(done)) return done;
  done = certificate_file.write(open_text, kCertificateMode);
  if (std::holds_alternative<AuthorityFault>(done)) return done;
  done = key_file.publish();
  if (std::holds_alternative<AuthorityFault>(done)) return done;
  done = certificate_file.publish();
  if (std::holds_alternative<AuthorityFault>(done)) {
    // Half a pair would stop every later start. The key is ours: nobody can have come to use it.
    ::unlink(key.c_str());
    return done;
  }
  sync_folder(folder_of(key));
  sync_folder(folder_of(certificate));
  return std::monostate();
}

}  // namespace ssmgate::tls
