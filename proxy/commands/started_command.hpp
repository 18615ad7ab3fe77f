// The command of `ssmgate run` as a process: how it starts, which signals reach it, how it ends.
//
// Does not own: its environment, nor the gateway beside it.
#pragma once

#include <csignal>
#include <string>
#include <vector>

namespace ssmgate::commands {

// What a shell says of a command that it cannot find or cannot run, and what `env` and `timeout`
// say of trouble of their own.
inline constexpr int kNotFound = 127;
inline constexpr int kNotRunnable = 126;
inline constexpr int kGatewayTrouble = 125;

// Holds back the signals that end `run`: they are the command's to handle. Made before the first
// thread, which inherits it, so that none is lost.
class SignalsForCommand {
 public:
  SignalsForCommand();

  // Runs `command` with `environment` (NAME=VALUE lines) until it ends. Its exit status as a shell
  // tells it; a command that cannot be started is told on standard error.
  [[nodiscard]] int run(std::vector<std::string> command,
                        std::vector<std::string> environment) const;

 private:
  [[nodiscard]] int wait_for(pid_t child) const;

  sigset_t set_{};
  sigset_t before_{};
};

}  // namespace ssmgate::commands
