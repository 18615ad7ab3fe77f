// Bytes to lines, in whatever pieces they come; from the front and from the back.
#include <doctest/doctest.h>

#include <stdio.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "audit/line_reader.hpp"

using namespace ssmgate::audit;

namespace {

std::string told(const Line& line) {
  return std::to_string(line.number) + (line.ended ? ":" : "~") +
         (line.too_long ? "(too long)" : std::string(line.text)) + "|";
}

std::string split(std::string_view bytes, std::size_t piece, std::size_t longest = 16) {
  std::string out;
  const auto take = [&](const Line& line) {
    out += told(line);
    return true;
  };
  LineSplitter splitter(longest);
  while (!bytes.empty()) {
    const std::string_view head = bytes.substr(0, piece);
    REQUIRE(splitter.feed(head, take));
    bytes.remove_prefix(head.size());
  }
  REQUIRE(splitter.finish(take));
  return out;
}

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

struct TemporaryFile {
  explicit TemporaryFile(std::string_view bytes) : file(std::tmpfile()) {
    REQUIRE(file != nullptr);
    REQUIRE(std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size());
    REQUIRE(std::fflush(file.get()) == 0);
    REQUIRE(::lseek(fd(), 0, SEEK_SET) == 0);
  }
  [[nodiscard]] int fd() const { return ::fileno(file.get()); }
  std::unique_ptr<std::FILE, Close> file;
};

std::string backwards(std::string_view bytes, off_t& end, std::size_t most = 1000) {
  const TemporaryFile file(bytes);
  std::string out;
  REQUIRE(read_lines_backwards(file.fd(), end, [&](const Line& line) {
            out += (line.too_long ? "(too long)" : std::string(line.text)) + "|";
            return --most > 0;
          }) == 0);
  return out;
}

}  // namespace

TEST_CASE("lines are the same in whatever pieces the bytes come") {
  const std::string bytes = "one\n\ntwo\r\n0123456789abcdef\n0123456789abcdefg\nend";
  const std::string want = "1:one|2:|3:two\r|4:0123456789abcdef|5:(too long)|6~end|";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    CAPTURE(piece);
    CHECK(split(bytes, piece) == want);
  }
  CHECK(split("", 1).empty());
  CHECK(split("\n", 1) == "1:|");
  CHECK(split(std::string(40, 'x'), 7) == "1~(too long)|");
  CHECK(split(std::string(40, 'x') + "\nshort\n", 7) == "1:(too long)|2:short|");
}

TEST_CASE("splitting ends when nobody wants more") {
  LineSplitter splitter;
  int seen = 0;
  CHECK_FALSE(splitter.feed("a\nb\nc\n", [&](const Line&) { return ++seen < 2; }));
  CHECK(seen == 2);
}

TEST_CASE("a file is read from its front, and from its back without what is unfinished") {
  const TemporaryFile file("a\nb\nc");
  std::string out;
  CHECK(read_lines(file.fd(), [&](const Line& line) {
          out += told(line);
          return true;
        }) == 0);
  CHECK(out == "1:a|2:b|3~c|");

  off_t end = -1;
  CHECK(backwards("a\nb\nc", end) == "b|a|");
  CHECK(end == 4);
  CHECK(backwards("a\nb\n", end, 1) == "b|");
  CHECK(end == 4);
  CHECK(backwards("", end).empty());
  CHECK(end == 0);
  CHECK(backwards("unfinished", end).empty());
  CHECK(end == 0);
  CHECK(backwards("\n\n", end) == "||");
}

TEST_CASE("lines that lie across the pieces of a file come back whole from the back") {
  std::string bytes;
  std::string want;
  for (int i = 0; i < 400; ++i) {
    const std::string line(static_cast<std::size_t>(i * 7 % 4001), static_cast<char>('a' + i % 26));
    bytes += line + "\n";
    want.insert(0, line + "|");
  }
  off_t end = 0;
  CHECK(backwards(bytes + "torn", end) == want);
  CHECK(end == static_cast<off_t>(bytes.size()));
  const std::string huge(kMaxLine + 1, 'x');
  CHECK(backwards("a\n" + huge + "\nb\n", end) == "b|(too long)|a|");
  CHECK(read_lines(-1, [](const Line&) { return true; }) == EBADF);
}
