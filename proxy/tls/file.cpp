// Reading files, and PEM bundles out of them.
#include "tls/file.hpp"

#include <array>
#include <cctype>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ssmgate::tls {
namespace {

constexpr std::size_t kFileLimit = 16UL << 20U;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

// Whose it is, by number: names may be a directory's, which can take long to ask.
std::string whose(const std::filesystem::path& path) {
  struct stat status {};
  const std::string us = std::to_string(::geteuid());
  if (::stat(path.c_str(), &status) != 0) {
    return "; ssmgate runs as uid " + us + ", which may not enter a folder on the way";
  }
  if (status.st_uid == ::geteuid()) {
    return "; it is ssmgate's own user's: see whether `ls -l` lets that one read it (`chmod u+r`)";
  }
  return "; it is of uid " + std::to_string(status.st_uid) + " and ssmgate runs as uid " + us +
         ": see `ls -l` and give it to that user (`chown`)";
}

AuthorityFault unreadable(const std::filesystem::path& path, int number) {
  return {"cannot read " + quoted(path) + ": " + system_words(number) +
          (number == EACCES ? whose(path) : std::string())};
}

// Every one that `read` finds in a PEM text.
template <class Pointer, class Read>
std::size_t read_all(const std::string& text, std::vector<Pointer>& found, Read read) {
  ERR_clear_error();
  const BioPtr memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  for (;;) {
    Pointer next(read(memory.get(), nullptr, nullptr, nullptr));
    if (next == nullptr) break;
    found.push_back(std::move(next));
  }
  const unsigned long last = ERR_peek_last_error();
  if (ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE) {
    ERR_clear_error();
    return 0;
  }
  return found.size() + 1;
}

}  // namespace

std::variant<AuthorityFault, std::string> read_file(const std::filesystem::path& path,
                                                    Privacy privacy) {
  // Non-blocking: opening a pipe by mistake must not hang the start.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return unreadable(path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return unreadable(path, errno);
  if (!S_ISREG(status.st_mode)) return AuthorityFault{quoted(path) + " is not a file"};
  // Asked of the open file: the name may point elsewhere by now.
  if (privacy == Privacy::owner_only && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return AuthorityFault{quoted(path) + " can be reached by others than its owner; type: " +
                          "chmod 600 " + path.string()};
  }
  std::string text;
  std::array<char, 16384> part{};
  for (;;) {
    const ssize_t size = ::read(file.get(), part.data(), part.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return unreadable(path, errno);
    if (size == 0) break;
    text.append(part.data(), static_cast<std::size_t>(size));
    if (text.size() > kFileLimit) return AuthorityFault{quoted(path) + " is over 16 MiB"};
  }
  OPENSSL_cleanse(part.data(), part.size());
  return text;
}

std::size_t read_certificates(const std::string& text, std::vector<CertificatePtr>& certificates) {
  return read_all(text, certificates, &PEM_read_bio_X509);
}

std::size_t read_revocations(const std::string& text, std::vector<RevocationsPtr>& lists) {
  return read_all(text, lists, &PEM_read_bio_X509_CRL);
}

std::string quoted(const std::filesystem::path& path) {
  return "`" + path.string() + "`";
}

std::string system_words(int number) {
  std::string words = std::generic_category().message(number);
  if (!words.empty()) {
    words.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(words.front())));
  }
  return words;
}

}  // namespace ssmgate::tls
