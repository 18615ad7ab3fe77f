// The chain of an audit log: how a line names the one before, and whether lines still do.
//
// Owns: `seq`, `prev` and what they prove. Pure: files are for sinks and for `ssmgate audit`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ssmgate::state {

// The end of the chain: what the next line follows.
struct ChainEnd {
  std::uint64_t seq = 0;  // of the last line; 0: there is none
  std::string hash;       // lower-case hex SHA-256 of that line without its newline
  bool torn = false;      // an unfinished line behind it was cut off
};

[[nodiscard]] std::string sha256_hex(std::string_view text);

// How a record is written. The chain stands at the end of a line in each.
enum class LineFormat : std::uint8_t { json, ocsf };

// `{` fields `,"seq":N,"prev":"…"}` and a newline. In `ocsf` the fields end within `unmapped`,
// which is closed too.
[[nodiscard]] std::string chained_line(std::string_view fields, const ChainEnd& end,
                                       LineFormat format = LineFormat::json);
// The end of the chain once `line`, its newline included, is down.
[[nodiscard]] ChainEnd advanced(const ChainEnd& end, std::string_view line);

// Where a line says that it stands. A view into the line.
struct Link {
  std::uint64_t seq = 0;
  std::string_view prev;  // empty: it has none
};
// From the end of a line without its newline; absent when it does not end as a record does.
[[nodiscard]] std::optional<Link> find_link(std::string_view line) noexcept;

// Follows a chain line by line.
class ChainReader {
 public:
  enum class Break : std::uint8_t {
    unreadable,  // no record
    changed,     // the record before is not the one that this line names
    removed,     // records before this one are missing
    inserted,    // this number was there already
    reordered,   // this number belongs further up
    restarted,   // another chain begins: number 1, and no line before
  };
  struct Fault {
    Break what = Break::unreadable;
    std::uint64_t seq = 0;    // of the first record at fault, 0 where that cannot be said
    std::uint64_t count = 1;  // how many are missing
  };

  // `line` without its newline. The first may have any number: what stood before it is elsewhere.
  // A line at fault is followed all the same: the next is held against it.
  [[nodiscard]] std::optional<Fault> next(std::string_view line);

  [[nodiscard]] const ChainEnd& end() const noexcept { return end_; }
  [[nodiscard]] std::uint64_t lines() const noexcept { return lines_; }
  [[nodiscard]] std::uint64_t first_seq() const noexcept { return first_seq_; }
  // What the first line follows; empty: nothing.
  [[nodiscard]] const std::string& first_prev() const noexcept { return first_prev_; }

 private:
  [[nodiscard]] std::optional<Fault> judge(const Link& link) const;

  ChainEnd end_;
  std::uint64_t lines_ = 0;
  std::uint64_t first_seq_ = 0;
  std::string first_prev_;
};

}  // namespace ssmgate::state
