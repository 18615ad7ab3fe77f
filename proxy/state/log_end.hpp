// A log's file held against what is known of it: does what was written still stand there, and what
// does the next line follow?
//
// Owns: the judgement, and its words. Does not own: the file, nor where the words are said.
//
// INVARIANT: the next line never gets a number that this gateway knows to be taken. A log whose end
// was cut off goes on behind what was cut, so that the gap shows.
#pragma once

#include <sys/types.h>

#include <optional>

#include "state/audit_chain.hpp"
#include "state/audit_checkpoint.hpp"

namespace ssmgate::state {

// The last line that is known, and where it stands in its file.
struct LogEnd {
  ChainEnd chain;
  off_t size = 0;  // where it ends
  off_t line = 0;  // how long it is, newline included; 0: it stands in no file that is open
};

// The last whole line of the first `size` bytes. One that is no record takes the number `seq`.
// Nothing with errno.
[[nodiscard]] std::optional<LogEnd> read_log_end(int fd, off_t size, std::uint64_t seq);

struct LogLook {
  LogEnd end;  // what the next line follows
  Finding finding;
};

// `found` is the end of the file now. The file in which `known` was the last line:
[[nodiscard]] LogLook look_again(int fd, const LogEnd& known, const LogEnd& found);
// Another file, which has taken the place of that one:
[[nodiscard]] LogLook look_at_another(int fd, const LogEnd& known, const LogEnd& found);
// At the start, with the last line that was signed before; `signed_end.seq` 0: none was. Cost:
// reads the lines behind that one.
[[nodiscard]] LogLook look_at_first(int fd, const ChainEnd& signed_end, const LogEnd& found);

}  // namespace ssmgate::state
