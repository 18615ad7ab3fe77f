// What a command prints for a program to read.
#pragma once

#include <string_view>

namespace ssmgate::commands {

// All of it is out, or not; main says why not once the command returns, whatever it returns.
[[nodiscard]] bool write_output(std::string_view text) noexcept;

}  // namespace ssmgate::commands
