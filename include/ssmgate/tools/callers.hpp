// Which rules a gateway can never apply, because it does not learn who calls.
#pragma once

#include <string>
#include <vector>

#include "ssmgate/rules/policy.hpp"

namespace ssmgate::tools {

// What a gateway's listeners can know of a caller.
struct KnownOfCallers {
  bool users = false;       // names: of a password or of a certificate
  bool unix_users = false;  // the socket's own user and his groups
};

// The ids of the rules whose `users` holds for nobody then, deny rules first.
[[nodiscard]] std::vector<std::string> find_rules_for_nobody(const Policy& policy,
                                                             const KnownOfCallers& known);

}  // namespace ssmgate::tools
