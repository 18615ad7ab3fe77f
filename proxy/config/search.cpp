// Where the configuration is looked for, and how a file is read.
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "config/config.hpp"
#include "config/search.hpp"
#include "ssmgate/text/tree.hpp"

namespace ssmgate::config {
namespace fs = std::filesystem;
namespace {

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

// $HOME, or what the system says of this user: a service may have no $HOME. A relative one is as
// good as none.
fs::path home_folder() {
  if (const auto home = environment("HOME"); home && fs::path(*home).is_absolute()) return *home;
  passwd entry{};
  passwd* found = nullptr;
  char buffer[4096];
  if (::getpwuid_r(::geteuid(), &entry, buffer, sizeof buffer, &found) == 0 && found != nullptr) {
    return found->pw_dir;
  }
  return "/nonexistent";
}

// A relative $XDG_… is to be ignored, says the specification.
fs::path xdg_folder(const char* variable, const char* below_home) {
  if (const auto value = environment(variable); value && fs::path(*value).is_absolute()) {
    return fs::path(*value) / "ssmgate";
  }
  return home_folder() / below_home / "ssmgate";
}

ConfigFault fault(std::string line) {
  return ConfigFault{{std::move(line)}};
}

}  // namespace

Folders user_folders() {
  return Folders{xdg_folder("XDG_CONFIG_HOME", ".config"),
                 xdg_folder("XDG_STATE_HOME", ".local/state")};
}

fs::path user_cache_folder() {
  return xdg_folder("XDG_CACHE_HOME", ".cache");
}

std::variant<ConfigFault, std::string> read_text_file(const fs::path& file) {
  std::error_code status_error;
  if (fs::is_directory(file, status_error)) {
    return fault(file.string() + ": error: is a folder; name a file");
  }
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return fault(file.string() + ": error: cannot be read: " + std::strerror(errno));
  }
  // A little more than the limit, so that the loader can say that it is over.
  std::string text;
  std::array<char, 16 * 1024> block{};
  while (stream && text.size() <= kMaxFileSize) {
    stream.read(block.data(), block.size());
    text.append(block.data(), static_cast<std::size_t>(stream.gcount()));
  }
  if (stream.bad()) {
    return fault(file.string() + ": error: cannot be read: " + std::strerror(errno));
  }
  return text;
}

std::variant<ConfigFault, std::optional<fs::path>> find_config_file(
    const std::optional<fs::path>& explicit_file) {
  if (explicit_file && explicit_file->empty()) {
    return fault("ssmgate: the name of the configuration file is empty; is a variable unset?");
  }
  if (explicit_file) return explicit_file;
  if (const auto named = environment("SSMGATE_CONFIG")) return fs::path(*named);
  for (const fs::path& candidate :
       {user_folders().config / "ssmgate.yaml", fs::path("/etc/ssmgate/ssmgate.yaml")}) {
    std::error_code error;
    if (fs::exists(candidate, error)) return candidate;
  }
  return std::nullopt;
}

std::variant<ConfigFault, FoundConfig> find_config(const std::optional<fs::path>& explicit_file) {
  auto named = find_config_file(explicit_file);
  if (auto* wrong = std::get_if<ConfigFault>(&named)) return std::move(*wrong);
  const auto& file = std::get<std::optional<fs::path>>(named);
  if (!file) {
    return FoundConfig{default_config(user_folders()), kEmbeddedDefault, std::nullopt};
  }
  auto text = read_text_file(*file);
  if (auto* unreadable = std::get_if<ConfigFault>(&text)) return std::move(*unreadable);
  return load_config_text(std::get<std::string>(text), *file);
}

std::variant<ConfigFault, FoundConfig> load_config_text(std::string_view text,
                                                        const fs::path& file) {
  LoadedConfig loaded = load_config(text, fs::absolute(file).parent_path(), user_folders());
  if (!loaded.config) {
    ConfigFault errors;
    for (const Diagnostic& diagnostic : loaded.diagnostics) {
      errors.lines.push_back(render_diagnostic(file.string(), diagnostic));
    }
    return errors;
  }
  return FoundConfig{std::move(*loaded.config), file.string(), file};
}

}  // namespace ssmgate::config
