// What the gateway keeps under `state` between its runs: the sessions, the key that signs the log;
// and whether there is room for it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "commands/doctor/finding.hpp"
#include "commands/doctor/surroundings.hpp"
#include "config/config.hpp"

namespace ssmgate::doctor {

struct StateFacts {
  // What a file that is there is good for.
  struct File {
    bool exists = false;
    bool hidden = false;  // not ours to read
    std::string fault;    // why the gateway could not use it
    std::string unseen;   // why it could not be looked at
  };
  std::filesystem::path state;
  bool state_hidden = false;      // not ours to look into
  bool exists = false;            // it is a folder that can be looked into
  int error = 0;                  // errno of a line written there
  std::uint64_t free_bytes = 0;   // of its file system
  bool in_use = false;            // a gateway runs with it
  File sessions;                  // sessions.db
  File audit_key;                 // audit.key
  bool other_public_key = false;  // audit.pub is another key's: what verifies the log refutes it
};

// Makes nothing that is not there, and leaves nothing.
[[nodiscard]] StateFacts gather_state(const config::Config& settings);
[[nodiscard]] Findings check_state(const StateFacts& facts, const OwnCommands& own);

}  // namespace ssmgate::doctor
