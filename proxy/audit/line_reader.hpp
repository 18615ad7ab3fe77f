// An audit log as lines, read in pieces: a log of any size takes the memory of its longest line.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ssmgate::audit {

// LIMIT: 8 MiB. The longest record there can be, a StartSession of 256 KiB with every byte written
// as an escape, has a quarter of it.
inline constexpr std::size_t kMaxLine = std::size_t{8} * 1024 * 1024;

struct Line {
  std::string_view text;     // without the newline
  std::uint64_t number = 0;  // in its file, from 1
  bool ended = true;         // false: the file's end came before a newline
  bool too_long =
      false;  // over kMaxLine: `text` is empty, and the line is damaged whatever it said
};

// Splits bytes that come in pieces. Pure.
class LineSplitter {
 public:
  explicit LineSplitter(std::size_t longest = kMaxLine) : longest_(longest) {}

  // `take` gets every line that `bytes` ends; false from it ends the splitting.
  using Take = std::function<bool(const Line&)>;
  bool feed(std::string_view bytes, const Take& take);
  // What stands behind the last newline, if anything does.
  bool finish(const Take& take);

 private:
  bool give(std::string_view text, bool ended, const Take& take);
  void keep(std::string_view bytes);

  const std::size_t longest_;
  std::string partial_;
  bool too_long_ = false;
  std::uint64_t number_ = 0;
};

// Every line of what `fd` gives until its end. Zero, or errno.
[[nodiscard]] int read_lines(int fd, const LineSplitter::Take& take);

// The whole lines of the regular file `fd` from the last one backwards, until `take` returns false.
// Their numbers are not known: 0. `end` is where the last whole line ends. Zero, or errno.
[[nodiscard]] int read_lines_backwards(int fd, off_t& end, const LineSplitter::Take& take);

}  // namespace ssmgate::audit
