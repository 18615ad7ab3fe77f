#include "commands/doctor/plugin.hpp"

#include <array>
#include <charconv>

#include "commands/ca_prove_clients.hpp"
#include "commands/doctor/bounded_command.hpp"

namespace ssmgate::doctor {
namespace {

constexpr const char* kPlugin = "session-manager-plugin";
// SOURCE: AWS's page on installing the plugin, for Debian and Ubuntu.
#ifdef __aarch64__
constexpr const char* kInstall =
    "curl -fsSo plugin.deb https://s3.amazonaws.com/session-manager-downloads/plugin/latest/"
    "ubuntu_arm64/session-manager-plugin.deb && sudo dpkg -i plugin.deb";
#else
constexpr const char* kInstall =
    "curl -fsSo plugin.deb https://s3.amazonaws.com/session-manager-downloads/plugin/latest/"
    "ubuntu_64bit/session-manager-plugin.deb && sudo dpkg -i plugin.deb";
#endif
// SOURCE: awscli/customizations/sessionmanager.py: up to this one the answer of StartSession, its
// token included, is an argument of the plugin.
using Version = std::array<unsigned, 4>;
constexpr Version kTokenInArguments = {1, 2, 497, 0};

std::optional<Version> parse_version(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  Version version{};
  for (std::size_t i = 0; i < version.size(); ++i) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version[i]);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (i + 1 == version.size()) break;
    if (!text.starts_with('.')) return std::nullopt;
    text.remove_prefix(1);
  }
  if (!text.empty()) return std::nullopt;
  return version;
}

}  // namespace

PluginFacts gather_plugin() {
  PluginFacts facts;
  facts.has_cli = commands::is_installed("aws");
  facts.has_plugin = commands::is_installed(kPlugin);
  if (!facts.has_plugin) return facts;
  // LIMIT: 10 s; it answers in milliseconds.
  if (auto answer = ask({kPlugin, "--version"}, std::chrono::seconds(10))) {
    if (answer->status == 0) facts.version = std::move(answer->text);
  }
  return facts;
}

Findings check_plugin(const PluginFacts& facts) {
  if (!facts.has_plugin) {
    if (!facts.has_cli) {
      return {ok("plugin.version", "there is no AWS CLI here, and no session-manager-plugin")};
    }
    return {problem("plugin.missing",
                    "session-manager-plugin is not on PATH: `aws ssm start-session` starts a "
                    "session, and ends it with `SessionManagerPlugin is not found`",
                    kInstall)};
  }
  const auto version = parse_version(facts.version.value_or(""));
  if (!version) {
    return {warning("plugin.version",
                    "session-manager-plugin does not tell its version: the AWS CLI then gives it a "
                    "session's token as an argument, which every user of this machine can read",
                    kInstall)};
  }
  std::string text;
  for (const unsigned part : *version) text += (text.empty() ? "" : ".") + std::to_string(part);
  if (*version <= kTokenInArguments) {
    return {warning("plugin.old",
                    "session-manager-plugin " + text +
                        " gets a session's token as an argument, which every user of this machine "
                        "can read; from 1.2.536.0 on it does not",
                    kInstall)};
  }
  return {ok("plugin.version", "session-manager-plugin " + text)};
}

}  // namespace ssmgate::doctor
