// The files that a configuration names: who else can reach them, and what in them ends soon.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "commands/doctor/finding.hpp"
#include "commands/doctor/surroundings.hpp"
#include "config/config.hpp"
#include "tls/authority.hpp"

namespace ssmgate::doctor {

struct FileFacts {
  enum class Kind : std::uint8_t {
    secret,  // its owner's alone
    record,  // written by the gateway alone
    source,  // believed by the gateway: others may read it
    folder,
  };
  Kind kind = Kind::secret;
  std::filesystem::path path;
  std::string key;  // of the configuration: "`users_file`"
  int error = 0;    // errno of looking at it
  mode_t mode = 0;
  bool may_not_exist = false;
  std::string comes = "the gateway does not start";  // of a secret that others can reach
};

[[nodiscard]] std::vector<FileFacts> gather_files(const config::Config& settings,
                                                  const std::string& config_file);
[[nodiscard]] Findings check_files(const std::vector<FileFacts>& files, const OwnCommands& own);

// The certificates that listeners, the way up and log servers are shown, the client CAs and
// revocation lists of listeners, and the users file: what `serve` would say, and what ends soon.
[[nodiscard]] Findings check_listeners(const config::Config& settings, tls::Clock::time_point now);

}  // namespace ssmgate::doctor
