// The runtimes of this machine, each asked itself whether it believes the gateway in this shell.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "commands/doctor/finding.hpp"
#include "commands/doctor/reach.hpp"
#include "commands/doctor/surroundings.hpp"
#include "config/proxy_url.hpp"

namespace ssmgate::doctor {

struct RuntimeAnswer {
  std::string runtime;  // "Python"
  std::string file;     // the variable by which it was told whom to believe
  bool answered = false;
  bool accepted = false;
  std::string why;  // of a refusal, in its words
  bool installed = true;
  std::string unasked;  // why it could not be asked; else empty
};

struct RuntimeQuestion {
  std::string host;
  config::ProxyUrl proxy;
  const Shown& shown;
  std::string bundle;  // what AWS_CA_BUNDLE or its like names
  std::string bundle_variable;
  bool ask_node = true;  // false: what is wrong there is known already
};

// Python and Node shake hands with the gateway themselves (not through an https:// proxy, which
// neither can without help); OpenSSL and Go verify what it showed. Those that are not installed are
// named, too. LIMIT: 10 s each, Go 60 s: it compiles.
[[nodiscard]] std::vector<RuntimeAnswer> ask_runtimes(const RuntimeQuestion& question);

[[nodiscard]] Findings check_runtimes(const std::vector<RuntimeAnswer>& answers,
                                      const OwnCommands& own);

}  // namespace ssmgate::doctor
