// Whether the audit log's sinks take records.
//
// Owns: the probe. A file's log is left as it is: a line is written into a file of the doctor's own
// beside it. What has no folder, a pipe or a log server, takes a record that says what it is
// (docs/decisions/0019-a-doctor-that-leaves-no-trace.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "commands/doctor/finding.hpp"
#include "commands/doctor/surroundings.hpp"
#include "config/config.hpp"

namespace ssmgate::doctor {

struct SinkFacts {
  std::string name;              // "the audit log `/var/log/x`"
  std::filesystem::path folder;  // of a file; empty: it has none
  bool tried = true;             // false: it is the gateway's own, and no other process has it
  bool exists = false;
  bool regular = false;  // it is a file, or will be one
  bool starts = true;    // false: a gateway ends at its start, with `error` or `fault`
  int error = 0;         // errno: of opening it, or of a line beside it, brought to the disk
  std::string fault;     // in words: why it took no probe
  std::uint64_t free_bytes = 0;
};

// LIMIT: 5 s for each that is no file.
[[nodiscard]] std::vector<SinkFacts> gather_sinks(const config::Audit& settings);

// What is known beside the sinks.
struct SinkView {
  config::Audit::OnFailure on_failure = config::Audit::OnFailure::refuse;
  bool ours = true;  // the gateway's files are this user's, as far as can be told
  OwnCommands own;
};
[[nodiscard]] Findings check_sinks(const std::vector<SinkFacts>& sinks, const SinkView& view);

}  // namespace ssmgate::doctor
