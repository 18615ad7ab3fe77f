// The command of `ssmgate run` as a process: how it starts, which signals reach it, how it ends.
//
// Does not own: its environment, nor the gateway beside it.
#pragma once

#include <csignal>
#include <string>
#include <vector>

#include "commands/inherited_descriptors.hpp"

namespace ssmgate::commands {

// What a shell says of a command that it cannot find or cannot run, and what `env` and `timeout`
// say of trouble of their own.
inline constexpr int kNotFound = 127;
inline constexpr int kNotRunnable = 126;
inline constexpr int kGatewayTrouble = 125;

// What `run` was started with and its command is to have: the signals that end `run`, which are
// held back for the command to handle, and the descriptors. Made before the first thread, which
// inherits the signals' mask, so that none is lost.
class StartedCommand {
 public:
  StartedCommand();

  // Runs `command` with `environment` (NAME=VALUE lines) until it ends. Its exit status as a shell
  // tells it; a command that cannot be started is told on standard error.
  [[nodiscard]] int run(std::vector<std::string> command,
                        std::vector<std::string> environment) const;

 private:
  [[nodiscard]] int wait_for(pid_t child) const;

  const InheritedDescriptors descriptors_;
  sigset_t set_{};
  sigset_t before_{};
};

}  // namespace ssmgate::commands
