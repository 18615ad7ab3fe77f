#include "state/audit_sink.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

namespace ssmgate::state {
namespace {

namespace fs = std::filesystem;

// LIMIT: 1 MiB is looked through for the end of the last whole line; a line is a few KiB, and at
// most a few hundred with the largest body that is decoded.
constexpr off_t kTailWindow = 1024 * 1024;

// `{` fields `,"seq":N,"prev":"…"}` and a newline.
std::string chained_line(std::string_view fields, const ChainEnd& end) {
  std::string line;
  line.reserve(fields.size() + 128);
  line += '{';
  line += fields;
  line += ",\"seq\":";
  line += std::to_string(end.seq + 1);
  if (!end.hash.empty()) {
    line += ",\"prev\":\"";
    line += end.hash;
    line += '"';
  }
  line += "}\n";
  return line;
}

// All of it, or false; `written` says how far it came.
bool write_all(int fd, std::string_view bytes, std::size_t& written) {
  written = 0;
  while (written < bytes.size()) {
    const ssize_t count = ::write(fd, bytes.data() + written, bytes.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    written += static_cast<std::size_t>(count);
  }
  return true;
}

std::uint64_t seq_of(std::string_view line) {
  constexpr std::string_view kKey = "\"seq\":";
  const std::size_t at = line.rfind(kKey);
  if (at == std::string_view::npos) return 0;
  std::uint64_t seq = 0;
  const char* begin = line.data() + at + kKey.size();
  std::from_chars(begin, line.data() + line.size(), seq);
  return seq;
}

ChainEnd advanced(const ChainEnd& end, std::string_view line) {
  return ChainEnd{end.seq + 1, sha256_hex(line.substr(0, line.size() - 1)), false};
}

// Holds the lock under which one gateway at a time appends to a shared file.
class FileLock {
 public:
  explicit FileLock(int fd) : fd_(fd) {
    while ((held_ = ::flock(fd_, LOCK_EX) == 0) == false && errno == EINTR) {
    }
  }
  ~FileLock() {
    if (held_) ::flock(fd_, LOCK_UN);
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int fd_;
  bool held_ = false;
};

class FileSink final : public AuditSink {
 public:
  explicit FileSink(int fd) : fd_(fd) {
    const FileLock lock(fd_);
    struct stat status {};
    regular_ = ::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode);
    if (regular_) end_ = read_end(status.st_size);
    found_ = end_;
  }
  ~FileSink() override { ::close(fd_); }

  const ChainEnd& found() const noexcept override { return found_; }

  bool write(std::string_view fields) override {
    const FileLock lock(fd_);
    struct stat status {};
    if (::fstat(fd_, &status) != 0) return false;
    // Another gateway has written since, or the file was cut: its end is the chain's end now.
    if (regular_ && status.st_size != size_) end_ = read_end(status.st_size);
    const std::string line = chained_line(fields, end_);
    std::size_t written = 0;
    if (!write_all(fd_, line, written)) {
      if (regular_ && written > 0 && ::ftruncate(fd_, size_) != 0) size_ = -1;
      return false;
    }
    size_ += static_cast<off_t>(line.size());
    end_ = advanced(end_, line);
    return true;
  }

 private:
  // The last whole line of the file; whatever stands behind it is cut off.
  ChainEnd read_end(off_t file_size) {
    ChainEnd end;
    const off_t start = file_size > kTailWindow ? file_size - kTailWindow : 0;
    std::string tail(static_cast<std::size_t>(file_size - start), '\0');
    std::size_t have = 0;
    while (have < tail.size()) {
      const ssize_t count =
          ::pread(fd_, tail.data() + have, tail.size() - have, start + static_cast<off_t>(have));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) break;
      have += static_cast<std::size_t>(count);
    }
    tail.resize(have);
    const std::size_t newline = tail.rfind('\n');
    const std::size_t whole = newline == std::string::npos ? 0 : newline + 1;
    end.torn = whole < tail.size();
    size_ = start + static_cast<off_t>(whole);
    if (end.torn && ::ftruncate(fd_, size_) != 0) size_ = -1;
    if (whole == 0) return end;
    std::string_view line(tail.data(), newline);
    const std::size_t before = line.rfind('\n');
    if (before != std::string_view::npos) line.remove_prefix(before + 1);
    end.seq = seq_of(line);
    end.hash = sha256_hex(line);
    return end;
  }

  int fd_;
  bool regular_ = false;
  off_t size_ = 0;
  ChainEnd end_;
  ChainEnd found_;
};

class StandardOutputSink final : public AuditSink {
 public:
  const ChainEnd& found() const noexcept override { return found_; }

  bool write(std::string_view fields) override {
    const std::string line = chained_line(fields, end_);
    // A line of which a part is out cannot be taken back: the next one begins on a line of its own.
    std::size_t written = 0;
    const std::string bytes = torn_ ? "\n" + line : line;
    if (!write_all(STDOUT_FILENO, bytes, written)) {
      torn_ = torn_ || written > 0;
      return false;
    }
    torn_ = false;
    end_ = advanced(end_, line);
    return true;
  }

 private:
  bool torn_ = false;
  ChainEnd end_;
  ChainEnd found_;
};

}  // namespace

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string hex;
  hex.reserve(std::size_t{size} * 2);
  for (unsigned int i = 0; i < size; ++i) {
    hex += kHex[digest[i] >> 4U];
    hex += kHex[digest[i] & 15U];
  }
  return hex;
}

std::variant<SinkFault, std::unique_ptr<AuditSink>> open_file_sink(const fs::path& path) {
  std::error_code error;
  if (const fs::path folder = path.parent_path(); !folder.empty() && !fs::exists(folder, error)) {
    fs::create_directories(folder, error);
    if (!error) fs::permissions(folder, fs::perms::owner_all, error);
    if (error) {
      return SinkFault{"audit: the folder `" + folder.string() +
                       "` cannot be created: " + error.message()};
    }
  }
  const int fd = ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) {
    return SinkFault{"audit: `" + path.string() + "` cannot be opened for writing: " +
                     std::strerror(errno) + "; name another file under `audit.sinks`"};
  }
  return std::make_unique<FileSink>(fd);
}

std::unique_ptr<AuditSink> open_standard_output_sink() {
  return std::make_unique<StandardOutputSink>();
}

}  // namespace ssmgate::state
