// What may be asked of a sink without knowing what it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace ssmgate::state {

struct SinkFault {
  std::string text;  // one line, with what to do
};

// How one sink is, for whoever asks.
struct SinkState {
  std::string name;         // a path, `standard output`, a log server's address
  std::string trouble;      // why it takes no records; empty: it does
  std::size_t waiting = 0;  // records that it has not written yet
  // Since the sink was opened.
  std::uint64_t taken = 0;
  std::uint64_t lost = 0;
};

}  // namespace ssmgate::state
