// Writing the CA's files: aside, to disk, then linked to their names.
#include <array>
#include <cerrno>
#include <vector>

#include <fcntl.h>
#include <openssl/pem.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tls/ca_files.hpp"
#include "tls/certificate.hpp"
#include "tls/file.hpp"

namespace ssmgate::tls {
namespace {

namespace fs = std::filesystem;
using Done = std::variant<AuthorityFault, std::monostate>;

constexpr mode_t kFolderMode = 0700;
constexpr mode_t kKeyMode = 0600;
constexpr mode_t kCertificateMode = 0644;

fs::path folder_of(const fs::path& file) {
  const fs::path folder = file.parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

AuthorityFault uncreatable(const fs::path& path, int number) {
  return {"cannot create " + quoted(path) + ": " + system_words(number) +
          "; let this user write there, or name other files in `ca`"};
}

// Each missing folder of the path; those that are there stay as they are.
Done make_folders(const fs::path& folder) {
  fs::path so_far;
  for (const fs::path& part : folder) {
    so_far /= part;
    struct stat status {};
    if (::stat(so_far.c_str(), &status) == 0) continue;
    if (::mkdir(so_far.c_str(), kFolderMode) == 0) {
      // The umask may have taken the owner's own bits.
      if (::chmod(so_far.c_str(), kFolderMode) != 0) return uncreatable(so_far, errno);
    } else if (errno != EEXIST) {
      return uncreatable(so_far, errno);
    }
  }
  return std::monostate();
}

bool write_all(int file, const std::string& text) {
  std::size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t size = ::write(file, text.data() + sent, text.size() - sent);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    sent += static_cast<std::size_t>(size);
  }
  return true;
}

// A file beside its final name; gone again unless it was linked there, and then too.
class Aside {
 public:
  explicit Aside(fs::path target) : target_(std::move(target)) {}
  Aside(const Aside&) = delete;
  Aside& operator=(const Aside&) = delete;
  ~Aside() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }

  Done write(const std::string& text, mode_t mode) {
    std::string name = target_.string() + ".XXXXXX";
    const int file = ::mkostemp(name.data(), O_CLOEXEC);  // exclusive, and 0600 from the start
    if (file < 0) return uncreatable(target_, errno);
    name_ = name;
    const bool good = ::fchmod(file, mode) == 0 && write_all(file, text) && ::fsync(file) == 0;
    const int number = errno;
    ::close(file);
    if (!good) return uncreatable(target_, number);
    return std::monostate();
  }

  // A link, not a rename: it fails where something is already there.
  Done publish() {
    if (::link(name_.c_str(), target_.c_str()) != 0) return uncreatable(target_, errno);
    return std::monostate();
  }

 private:
  fs::path target_;
  std::string name_;
};

void sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

// PKCS#8, unencrypted.
std::string key_pem(EVP_PKEY* key) {
  const BioPtr memory(BIO_new(BIO_s_secmem()));
  if (memory == nullptr || PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0,
                                                         nullptr, nullptr) != 1) {
    return {};
  }
  const char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

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
