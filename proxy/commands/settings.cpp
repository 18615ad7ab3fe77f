#include "commands/settings.hpp"

#include <cstdio>

namespace ssmgate::commands {

std::optional<config::FoundConfig> find_settings(const std::optional<std::filesystem::path>& file) {
  auto found = config::find_config(file);
  if (auto* settings = std::get_if<config::FoundConfig>(&found)) return std::move(*settings);
  for (const std::string& line : std::get<config::ConfigFault>(found).lines) {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
  return std::nullopt;
}

void add_config_option(CLI::App& command, std::optional<std::filesystem::path>& file,
                       const std::string& description) {
  command
      .add_option_function<std::string>(
          "--config", [&file](const std::string& name) { file = name; }, description)
      ->type_name("FILE");
}

}  // namespace ssmgate::commands
