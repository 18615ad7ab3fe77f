#include "commands/doctor/surroundings.hpp"

#include <unistd.h>

#include <algorithm>

namespace ssmgate::doctor {

Environment this_environment() {
  Environment all;
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view line = *each;
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos)
      all.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return all;
}

std::optional<std::string> find(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  if (found == environment.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> find_filled(const Environment& environment, std::string_view name) {
  auto value = find(environment, name);
  if (value && value->empty()) return std::nullopt;
  return value;
}

std::string lower_case(std::string_view text) {
  std::string lowered(text);
  std::ranges::transform(lowered, lowered.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lowered;
}

std::vector<std::string> split_entries(std::string_view list) {
  constexpr std::string_view kSpace = " \t";
  std::vector<std::string> entries;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t comma = std::min(list.find(',', begin), list.size());
    std::string_view entry = list.substr(begin, comma - begin);
    entry.remove_prefix(std::min(entry.find_first_not_of(kSpace), entry.size()));
    entry = entry.substr(0, entry.find_last_not_of(kSpace) + 1);
    if (!entry.empty()) entries.emplace_back(entry);
    begin = comma + 1;
  }
  return entries;
}

std::string OwnCommands::line(std::string_view words) const {
  const std::string option = config.empty() ? "" : " --config " + shell_word(config);
  return "ssmgate " + std::string(words) + option;
}

std::string OwnCommands::as_its_user() const {
  return "sudo -u USER " + line("doctor") + " (USER: who runs the gateway)";
}

std::string OwnCommands::set_shell() const {
  std::string set = "eval \"$(" + line("env") + ")\"";
  if (gateway_is_here) return set;
  if (gateway_could_be_here) return line("serve") + " & " + set;
  return "export HTTPS_PROXY=http://GATEWAY:PORT https_proxy=http://GATEWAY:PORT";
}

std::string OwnCommands::replace_proxy() const {
  const bool unset = gateway_is_here || gateway_could_be_here;
  return (unset ? "unset HTTPS_PROXY https_proxy; " : "") + set_shell();
}

std::string OwnCommands::set_trust(std::string_view variable) const {
  if (gateway_is_here || gateway_could_be_here) {
    return "unset " + std::string(variable) + "; " + set_shell();
  }
  return "on the gateway's machine type `ssmgate ca bundle >gateway.pem`; here: `export " +
         std::string(variable) + "=$PWD/gateway.pem`";
}

}  // namespace ssmgate::doctor
