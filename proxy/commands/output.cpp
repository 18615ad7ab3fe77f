#include "commands/output.hpp"

#include <cstdio>

namespace ssmgate::commands {

bool write_output(std::string_view text) noexcept {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

int fail(const std::string& text, int status) {
  std::fprintf(stderr, "ssmgate: %s\n", text.c_str());
  return status;
}

}  // namespace ssmgate::commands
