// What a client must show to come in by one listener: the listener's settings, with what was loaded
// for them.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "auth/users.hpp"
#include "config/config.hpp"
#include "tls/openssl.hpp"

namespace ssmgate::flow {

struct Entrance {
  config::Listener settings;
  tls::ContextPtr context;                   // null: plain
  std::shared_ptr<const auth::Users> users;  // INVARIANT: given for `auth: basic`
};
using EntrancePtr = std::shared_ptr<const Entrance>;

// One for each listener of `settings`, in their order. A fault is a line for standard error each.
[[nodiscard]] std::variant<std::vector<std::string>, std::vector<EntrancePtr>> open_entrances(
    const config::Config& settings);

}  // namespace ssmgate::flow
