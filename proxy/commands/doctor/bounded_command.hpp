// A program that is asked something, and ended when it does not answer in time.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace ssmgate::doctor {

struct Answer {
  int status = 0;    // as a shell tells it
  std::string text;  // standard output; LIMIT: 64 KiB, the rest is dropped
};

// Runs `command` (looked for on PATH) with nothing on its standard input. Nothing: it could not be
// started, or was killed at the deadline with everything that it had started.
[[nodiscard]] std::optional<Answer> ask(const std::vector<std::string>& command,
                                        std::chrono::milliseconds deadline);

}  // namespace ssmgate::doctor
