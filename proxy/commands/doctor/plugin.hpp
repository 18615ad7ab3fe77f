// session-manager-plugin, which the AWS CLI runs for every session.
#pragma once

#include <optional>
#include <string>

#include "commands/doctor/finding.hpp"

namespace ssmgate::doctor {

struct PluginFacts {
  bool has_cli = false;
  bool has_plugin = false;
  std::optional<std::string> version;  // what `--version` printed; absent: nothing in time
};
[[nodiscard]] PluginFacts gather_plugin();
[[nodiscard]] Findings check_plugin(const PluginFacts& facts);

}  // namespace ssmgate::doctor
