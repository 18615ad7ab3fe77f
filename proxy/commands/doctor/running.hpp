// What a running gateway says of itself on its admin listener, held against the files on the disk.
#pragma once

#include <string>
#include <vector>

#include "commands/doctor/finding.hpp"
#include "commands/doctor/surroundings.hpp"
#include "config/config.hpp"

namespace ssmgate::doctor {

struct RunningFacts {
  bool may_be_asked = true;           // false: `admin: {address: none}`
  std::string fault;                  // why it says nothing; empty: the rest holds
  std::string token_lost;             // the token's file, which is gone; empty: it is not
  std::vector<std::string> problems;  // in its own words
  std::vector<std::string> warnings;
  std::string policy_file;  // empty: the built-in one
  std::string policy_revision;
  std::string report_days_left;  // of `mode: report`; empty: rules are enforced
  std::string revision_on_disk;  // of the configuration's policy; empty: it cannot be loaded
};

[[nodiscard]] RunningFacts gather_running(const config::FoundConfig& settings);
// `answers`: a CONNECT got through to this very gateway.
[[nodiscard]] Findings check_running(const RunningFacts& facts, bool answers,
                                     const OwnCommands& own);

}  // namespace ssmgate::doctor
