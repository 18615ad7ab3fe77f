// `ssmgate init`: a configuration and a policy to begin with, and the CA. Never overwrites.
#include <chrono>
#include <cstdio>
#include <memory>
#include <variant>

#include "commands/command.hpp"
#include "commands/embedded.hpp"
#include "commands/output.hpp"
#include "commands/settings.hpp"
#include "tls/authority.hpp"
#include "tls/file_write.hpp"

namespace ssmgate::commands {
namespace {

namespace fs = std::filesystem;

// The example names no policy; the one that is written beside it is to count.
std::string config_text() {
  std::string text(example_config());
  // Its first line tells editors where the schema lies in the project.
  if (text.starts_with("# yaml-language-server:")) text.erase(0, text.find('\n') + 1);
  const std::string_view commented = "\n# policy: policy.yaml ";
  const std::size_t place = text.find(commented);
  if (place != std::string::npos) text.erase(place + 1, 2);
  return text;
}

// There is no configuration yet in which another place could be named.
std::string elsewhere(const tls::AuthorityFault& fault) {
  return fault.text.substr(0, fault.text.find("; let this user")) +
         "; let this user write there, or name another place with --config";
}

// False: nothing could be written, and that has been said.
bool write_new(const fs::path& file, const std::string& text) {
  std::error_code error;
  if (fs::exists(file, error)) {
    std::printf("%s is there already and stays as it is\n", file.c_str());
    return true;
  }
  tls::Aside aside(file);
  auto done = aside.write(text, 0644);
  if (std::holds_alternative<std::monostate>(done)) done = aside.publish();
  if (const auto* fault = std::get_if<tls::AuthorityFault>(&done)) {
    fail(elsewhere(*fault));
    return false;
  }
  std::printf("%s written\n", file.c_str());
  return true;
}

int init(const std::optional<fs::path>& named) {
  if (named && named->empty()) {
    return fail("the name of the configuration file is empty; is a variable unset?");
  }
  const fs::path file =
      fs::absolute(named.value_or(config::user_folders().config / "ssmgate.yaml"));
  std::error_code error;
  if (!file.has_filename() || fs::is_directory(file, error)) {
    const fs::path shown = named.value_or(file);
    return fail("`" + shown.string() + "` is a folder; name a file in it: --config " +
                (shown / "ssmgate.yaml").string());
  }
  const fs::path folder = tls::folder_of(file);
  const auto made = tls::make_folders(folder);
  if (const auto* fault = std::get_if<tls::AuthorityFault>(&made)) return fail(elsewhere(*fault));
  if (!write_new(folder / "policy.yaml", std::string(starter_policy()))) return 2;
  if (!write_new(file, config_text())) return 2;
  const auto found = find_settings(file);
  if (!found) return 2;
  const config::Config& settings = found->config;
  const bool had_ca = fs::exists(settings.ca_certificate, error);
  const auto opened =
      tls::Authority::open(settings.ca_certificate, settings.ca_key,
                           std::chrono::system_clock::now(), settings.intercept.hosts);
  if (const auto* fault = std::get_if<tls::AuthorityFault>(&opened)) return fail(fault->text);
  std::printf(had_ca ? "%s is there already and stays as it is\n" : "%s written, and its key\n",
              settings.ca_certificate.c_str());
  std::printf("next: ssmgate serve%s\n", named ? (" --config " + named->string()).c_str() : "");
  return 0;
}

}  // namespace

void add_init_command(CLI::App& app, int& exit_status) {
  auto file = std::make_shared<std::optional<fs::path>>();
  CLI::App* command = app.add_subcommand(
      "init", "Write a commented configuration and policy, and create the CA; never overwrites");
  add_config_option(*command, *file,
                    "Where the configuration goes (default: ssmgate.yaml in the user's folder); "
                    "policy.yaml and the CA go beside it");
  command->callback([file, &exit_status] { exit_status = init(*file); });
}

}  // namespace ssmgate::commands
