// Is the chain whole? Says which record was the first to be changed, removed, inserted or moved.
//
// Owns: the reading of `seq` and `prev`. Pure: lines in, a report out, in constant memory. What a
// chain cannot show is that its end was cut off, or that all of it was written anew.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/line_reader.hpp"

namespace ssmgate::audit {

struct Place {
  std::size_t file = 0;    // which one, in the order of begin_file
  std::uint64_t line = 0;  // in it, from 1
  std::uint64_t seq = 0;   // 0: it has none
  std::string time;        // as written; not fit for a terminal
};

enum class Damage : std::uint8_t {
  changed,
  removed,
  inserted,
  moved,      // records stand in another order than they were written in
  new_chain,  // a chain of its own begins, and nothing ties it to the records before
  reported,   // the gateway itself says so in the log
};
[[nodiscard]] std::string_view name(Damage damage) noexcept;

struct ChainFault {
  Damage damage = Damage::changed;
  Place where;       // the record at fault; of removed ones, the record behind them
  std::string text;  // one line: what is wrong and how it shows
};

struct ChainReport {
  std::uint64_t records = 0;
  std::optional<Place> first, last;  // records
  std::optional<ChainFault> fault;   // the first one; nothing: the chain is whole
  std::uint64_t breaks = 0;          // places where a line does not continue the one before
  bool starts_midway = false;        // the first record names one before it
  std::vector<Place> torn;  // unfinished lines at a file's end; `seq` is of the record before
};

class Verifier {
 public:
  Verifier();
  ~Verifier();
  Verifier(const Verifier&) = delete;
  Verifier& operator=(const Verifier&) = delete;

  // The lines that follow are of the next file, which continues the one before.
  void begin_file();
  void take(const Line& line);
  [[nodiscard]] ChainReport finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ssmgate::audit
