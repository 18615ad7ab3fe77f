#include "commands/settings.hpp"

#include <cstdio>

namespace ssmgate::commands {

std::optional<config::FoundConfig> find_settings(const std::string& file) {
  std::optional<std::filesystem::path> named;
  if (!file.empty()) named = file;
  auto found = config::find_config(named);
  if (auto* settings = std::get_if<config::FoundConfig>(&found)) return std::move(*settings);
  for (const std::string& line : std::get<config::ConfigFault>(found).lines) {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
  return std::nullopt;
}

int fail(const std::string& text, int status) {
  std::fprintf(stderr, "ssmgate: %s\n", text.c_str());
  return status;
}

}  // namespace ssmgate::commands
