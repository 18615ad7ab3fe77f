// What a command prints: for a program to read, and why it failed.
#pragma once

#include <string>
#include <string_view>

namespace ssmgate::commands {

// All of it is out, or not; main says why not once the command returns, whatever it returns.
[[nodiscard]] bool write_output(std::string_view text) noexcept;

// "ssmgate: TEXT" on standard error; the exit status for it.
int fail(const std::string& text, int status = 2);

}  // namespace ssmgate::commands
