// Small files written so that a crash at any moment leaves the old one or the new one, whole.
#include "tls/file_write.hpp"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tls/file.hpp"

namespace ssmgate::tls {
namespace fs = std::filesystem;
using Done = std::variant<AuthorityFault, std::monostate>;
namespace {

constexpr mode_t kFolderMode = 0700;

bool write_all(int file, std::string_view text) {
  errno = 0;
  std::size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t size = ::write(file, text.data() + sent, text.size() - sent);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    sent += static_cast<std::size_t>(size);
  }
  return true;
}

// A new file beside `target` with all of `text`, its name in `name`. 0, or the system's error.
int write_beside(const fs::path& target, std::string_view text, mode_t mode, bool to_disk,
                 std::string& name) {
  std::string made = target.string() + ".XXXXXX";
  const int file = ::mkostemp(made.data(), O_CLOEXEC);  // exclusive, and 0600 from the start
  if (file < 0) return errno;
  name = std::move(made);
  const bool good =
      ::fchmod(file, mode) == 0 && write_all(file, text) && (!to_disk || ::fsync(file) == 0);
  const int number = errno;
  const bool closed = ::close(file) == 0 || errno == EINTR;
  if (!good) return number != 0 ? number : EIO;
  return closed ? 0 : errno;
}

}  // namespace

fs::path folder_of(const fs::path& file) {
  const fs::path folder = file.parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

AuthorityFault uncreatable(const fs::path& path, int number) {
  return {
      "cannot create " + quoted(path) + ": " + system_words(number) +
      "; let this user write there, or name another place in the configuration (`ca`, `state`)"};
}

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

Aside::~Aside() {
  if (!name_.empty()) ::unlink(name_.c_str());
}

Done Aside::write(const std::string& text, mode_t mode) {
  const int number = write_beside(target_, text, mode, true, name_);
  if (number != 0) return uncreatable(target_, number);
  return std::monostate();
}

Done Aside::publish() {
  if (::link(name_.c_str(), target_.c_str()) != 0) return uncreatable(target_, errno);
  return std::monostate();
}

Done Aside::replace() {
  if (::rename(name_.c_str(), target_.c_str()) != 0) return uncreatable(target_, errno);
  name_.clear();
  return std::monostate();
}

int replace_file(const fs::path& file, std::string_view text, mode_t mode) {
  std::string aside;
  int number = write_beside(file, text, mode, false, aside);
  if (number == 0 && ::rename(aside.c_str(), file.c_str()) != 0) number = errno;
  if (number != 0 && !aside.empty()) ::unlink(aside.c_str());
  return number;
}

void sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

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

}  // namespace ssmgate::tls
