// What the checks are told of the place they look at: the environment, and how to name this
// program's own commands in a line that mends something.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ssmgate/text/shell_word.hpp"

namespace ssmgate::doctor {

// Every variable, the empty ones too: an empty one is not always an absent one.
using Environment = std::map<std::string, std::string, std::less<>>;
[[nodiscard]] Environment this_environment();
[[nodiscard]] std::optional<std::string> find(const Environment& environment,
                                              std::string_view name);
// The same for a variable that means nothing when it is empty.
[[nodiscard]] std::optional<std::string> find_filled(const Environment& environment,
                                                     std::string_view name);

[[nodiscard]] std::string lower_case(std::string_view text);
// Split at commas, without the spaces around entries and without empty ones.
[[nodiscard]] std::vector<std::string> split_entries(std::string_view list);

// How lines that mend name this program.
struct OwnCommands {
  std::string config;  // what `--config` said; empty: nothing
  // The gateway's CA and configuration are on this machine, so that `ssmgate env` knows them.
  bool gateway_is_here = true;
  // They are not, and will be once one is started: nothing leads to another machine.
  bool gateway_could_be_here = false;

  // INVARIANT: lines are joined by `;`: behind `&&` a `serve &` would take what stands before it
  // into the background, and this shell would keep what was to be unset.

  // "ssmgate WORDS", with the configuration that this run was given.
  [[nodiscard]] std::string line(std::string_view words) const;
  // What looks at the gateway's own files as they are.
  [[nodiscard]] std::string as_its_user() const;
  // What sets every variable of this shell right.
  [[nodiscard]] std::string set_shell() const;
  // The same for a shell whose proxy is another, which `env` leaves alone.
  [[nodiscard]] std::string replace_proxy() const;
  // What makes clients trust the gateway, `variable` being the one that is wrong.
  [[nodiscard]] std::string set_trust(std::string_view variable) const;
};

}  // namespace ssmgate::doctor
