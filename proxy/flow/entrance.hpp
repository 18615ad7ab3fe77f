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

// Which of a configuration's listeners: the nth of those with this address (several may leave the
// port to the system).
struct ListenerKey {
  config::SocketAddress wanted;
  std::size_t nth = 0;
  bool operator==(const ListenerKey&) const = default;
};
[[nodiscard]] std::vector<ListenerKey> keys_of(const std::vector<config::Listener>& listeners);

struct Entrance {
  ListenerKey key;
  config::Listener settings;
  std::string fingerprint;                   // of the files that it was made of
  tls::ContextPtr context;                   // null: plain
  std::shared_ptr<const auth::Users> users;  // INVARIANT: given for `auth: basic`
};
using EntrancePtr = std::shared_ptr<const Entrance>;

// Null: there is none.
[[nodiscard]] EntrancePtr find_entrance(const std::vector<EntrancePtr>& entrances,
                                        const ListenerKey& key);

// False: a reload has changed whom its listener lets in, or taken the listener out.
[[nodiscard]] bool is_in_force(const Entrance& entrance,
                               const std::vector<EntrancePtr>& entrances) noexcept;

// One for each listener of `settings`, in their order: that of `running` where neither its settings
// nor its files are other than they were, for by another everyone is asked anew. All faults, a line
// for standard error each.
[[nodiscard]] std::variant<std::vector<std::string>, std::vector<EntrancePtr>> open_entrances(
    const config::Config& settings, const std::vector<EntrancePtr>& running);

}  // namespace ssmgate::flow
