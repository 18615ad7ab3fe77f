#include "audit/line_reader.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "ssmgate/text/free_text.hpp"

namespace ssmgate::audit {
namespace {

constexpr std::size_t kPiece = std::size_t{256} * 1024;

// Bytes read at `at` (or at the descriptor's own place), 0 at the end, negative with errno.
ssize_t read_piece(int fd, char* into, std::size_t size, std::optional<off_t> at) {
  ssize_t got = 0;
  do {
    got = at ? ::pread(fd, into, size, *at) : ::read(fd, into, size);
  } while (got < 0 && errno == EINTR);
  return got;
}

// Lines of blocks that come from the back of a file.
class BackwardLines {
 public:
  explicit BackwardLines(const LineSplitter::Take& take) : take_(take) {}

  // The block before the one that came last.
  bool feed(std::string_view block) {
    while (true) {
      const std::size_t newline = block.rfind('\n');
      if (newline == std::string_view::npos) break;
      if (!give(block.substr(newline + 1))) return false;
      block = block.substr(0, newline);
    }
    if (tail_.size() + block.size() > kMaxLine) too_long_ = true;
    if (too_long_) {
      tail_.clear();
    } else {
      tail_.insert(0, block);
    }
    return true;
  }

  // The file's beginning is reached.
  bool finish() { return give({}); }

 private:
  bool give(std::string_view head) {
    // Behind the last newline stands no whole line.
    if (!begun_) {
      begun_ = true;
      tail_.clear();
      too_long_ = false;
      return true;
    }
    std::string text(head);
    text += tail_;
    Line line{text, 0, true, too_long_ || text.size() > kMaxLine};
    if (line.too_long) line.text = {};
    tail_.clear();
    too_long_ = false;
    return take_(line);
  }

  const LineSplitter::Take& take_;
  std::string tail_;  // of the line whose beginning has not come yet
  bool too_long_ = false;
  bool begun_ = false;  // the last newline was seen
};

}  // namespace

bool LineSplitter::give(std::string_view text, bool ended, const Take& take) {
  Line line{text, ++number_, ended, too_long_};
  if (line.too_long) line.text = {};
  const bool more = take(line);
  partial_.clear();
  too_long_ = false;
  return more;
}

void LineSplitter::keep(std::string_view bytes) {
  if (!too_long_ && partial_.size() + bytes.size() > longest_) {
    too_long_ = true;
    free_text(partial_);
  }
  if (!too_long_) partial_ += bytes;
}

bool LineSplitter::feed(std::string_view bytes, const Take& take) {
  while (true) {
    const std::size_t newline = bytes.find('\n');
    if (newline == std::string_view::npos) break;
    const std::string_view head = bytes.substr(0, newline);
    bytes.remove_prefix(newline + 1);
    const bool alone = partial_.empty() && !too_long_ && head.size() <= longest_;
    if (!alone) keep(head);
    if (!give(alone ? head : std::string_view(partial_), true, take)) return false;
  }
  keep(bytes);
  return true;
}

bool LineSplitter::finish(const Take& take) {
  if (partial_.empty() && !too_long_) return true;
  return give(partial_, false, take);
}

int read_lines(int fd, const LineSplitter::Take& take) {
  LineSplitter splitter;
  std::string piece(kPiece, '\0');
  while (true) {
    const ssize_t got = read_piece(fd, piece.data(), piece.size(), std::nullopt);
    if (got < 0) return errno;
    if (got == 0) break;
    if (!splitter.feed({piece.data(), static_cast<std::size_t>(got)}, take)) return 0;
  }
  (void)splitter.finish(take);
  return 0;
}

int read_lines_backwards(int fd, off_t& end, const LineSplitter::Take& take) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return errno;
  off_t left = status.st_size;
  end = 0;
  std::string piece(kPiece, '\0');
  BackwardLines lines(take);
  while (left > 0) {
    const off_t begin = std::max<off_t>(0, left - static_cast<off_t>(piece.size()));
    std::size_t have = 0;
    const auto want = static_cast<std::size_t>(left - begin);
    while (have < want) {
      const ssize_t got =
          read_piece(fd, piece.data() + have, want - have, begin + static_cast<off_t>(have));
      if (got < 0) return errno;
      if (got == 0) return EIO;  // the file was cut meanwhile
      have += static_cast<std::size_t>(got);
    }
    const std::string_view block(piece.data(), want);
    const std::size_t newline = block.rfind('\n');
    if (end == 0 && newline != std::string_view::npos) {
      end = begin + static_cast<off_t>(newline) + 1;
    }
    if (!lines.feed(block)) return 0;
    left = begin;
  }
  if (end > 0) (void)lines.finish();
  return 0;
}

}  // namespace ssmgate::audit
