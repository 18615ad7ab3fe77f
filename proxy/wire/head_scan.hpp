// Where an HTTP/1 head ends, and whether every byte of it is one that all readers take alike.
//
// Owns: lines, blanks, characters, and the split into fields. Does not own: what a field means.
// The scan goes strictly from left to right and remembers where it is, so a head costs one look at
// each byte however it arrives, and no answer depends on how the bytes were split.
//
// SOURCE: RFC 9112 §2.2, §3, §5; RFC 9110 §5.5, §5.6.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ssmgate/request/http_request.hpp"

namespace ssmgate::wire {

// LIMIT: 64 KiB for a message's head, as Squid and HAProxy have it; real ones are under 2 KiB.
inline constexpr std::size_t kMaxHead = 64 * 1024;

class HeadScan {
 public:
  enum class Kind : std::uint8_t { request, response };
  enum class Step : std::uint8_t { need_more, end, fault, too_large };

  explicit HeadScan(Kind kind = Kind::request) noexcept
      : state_(kind == Kind::request ? State::method : State::status_line) {}

  // `bytes` is everything read so far, from the head's first byte. Looks only at what it has not
  // yet seen; an answer other than need_more is final.
  Step advance(std::string_view bytes);

  // Bytes looked at: up to and including the empty line, or up to and including the faulty byte.
  [[nodiscard]] std::size_t size() const noexcept { return at_; }
  // Bytes of the start line, its CRLF included; 0 until it is complete.
  [[nodiscard]] std::size_t start_line() const noexcept { return start_line_; }
  // What is wrong and where, printable; empty without a fault.
  [[nodiscard]] std::string fault() const;

 private:
  enum class State : std::uint8_t {
    method,
    target,
    version,
    status_line,
    start_line_cr,
    line,
    name,
    value,
    value_cr,
    last_cr,
    end,
    fault,
    too_large,
  };
  State step(unsigned char byte);
  State start_field(unsigned char byte);
  State fail(std::string_view why);

  State state_;
  std::uint8_t version_at_ = 0;  // bytes of "HTTP/1.1" seen
  bool empty_ = true;            // nothing of the current word yet
  std::size_t at_ = 0;
  std::size_t start_line_ = 0;
  std::string_view why_;
};

// A scanned head, as views into its bytes.
struct SplitHead {
  std::string_view method;
  std::string_view target;
  char minor = '1';  // of HTTP/1.x
  std::vector<HttpField> fields;
  std::vector<std::string_view> lines;  // of each field, CRLF included
};

// Splits what HeadScan (kind request) has found to be a whole head.
[[nodiscard]] SplitHead split_head(std::string_view head);

// True if `name` is the lower-case `letters` once everything but letters is taken out of it:
// some reader behind us may take `Content_Length` for a length.
[[nodiscard]] bool spells(std::string_view name, std::string_view letters) noexcept;
inline constexpr std::string_view kContentLength = "contentlength";
inline constexpr std::string_view kTransferEncoding = "transferencoding";

// `text`, all printable ASCII, as a message shows it: in backticks, and cut if it is long.
[[nodiscard]] std::string quoted(std::string_view text);

[[nodiscard]] bool is_token_char(unsigned char byte) noexcept;

}  // namespace ssmgate::wire
