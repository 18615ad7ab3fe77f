// Whether the audit sinks would take a record.
//
// INVARIANT: nothing is written to the log itself: a probe in the chain would be a record of
// nothing. What is written goes to a file beside it, which is gone afterwards.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "commands/doctor/finding.hpp"
#include "config/config.hpp"

namespace ssmgate::doctor {

struct SinkFacts {
  std::filesystem::path path;  // empty: standard output, which is the gateway's and not ours
  bool exists = false;
  bool regular = true;
  int open_error = 0;   // errno of opening it, or of what must be there to make it
  int probe_error = 0;  // of writing a line beside it, to the disk
  std::uint64_t free_bytes = 0;
};

[[nodiscard]] std::vector<SinkFacts> gather_sinks(const config::Audit& settings);
[[nodiscard]] Findings check_sinks(const std::vector<SinkFacts>& sinks,
                                   config::Audit::OnFailure on_failure);

}  // namespace ssmgate::doctor
