// What a client must show to come in by one listener: the listener's settings, with what was loaded
// for them.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "auth/users.hpp"
#include "config/config.hpp"
#include "tls/listener_context.hpp"
#include "tls/listener_terms.hpp"
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

// Whom it lets in, of what was read from files. By others everyone is asked anew.
struct Guests {
  std::string authorities;                   // fingerprint of `tls.client_ca` and `tls.crl`
  std::string passwords;                     // fingerprint of `users_file`
  std::shared_ptr<const auth::Users> users;  // INVARIANT: given for `auth: basic`
};

struct Entrance {
  ListenerKey key;
  config::Listener settings;
  std::shared_ptr<const Guests> guests;
  std::string certificate;  // fingerprint of `tls.certificate` and `tls.key`
  tls::ContextPtr context;  // null: plain
  std::vector<tls::Term> terms;
};
using EntrancePtr = std::shared_ptr<const Entrance>;

// Those of a listener with `tls`.
[[nodiscard]] tls::ListenerFiles files_of(const config::ListenerTls& settings);

// Null: there is none.
[[nodiscard]] EntrancePtr find_entrance(const std::vector<EntrancePtr>& entrances,
                                        const ListenerKey& key);

// Whether the settings of a listener let in whom those of another do: all but its own certificate.
[[nodiscard]] bool lets_in_the_same(const config::Listener& one, const config::Listener& other);

// False: a reload has changed whom its listener lets in, or taken the listener out. Who has come in
// goes on when the listener only shows another certificate.
[[nodiscard]] bool is_in_force(const Entrance& entrance,
                               const std::vector<EntrancePtr>& entrances) noexcept;

// One for each listener of `settings`, in their order: that of `running` where neither its settings
// nor its files are other than they were, and at least its guests where those are the same. All
// faults, a line for standard error each.
[[nodiscard]] std::variant<std::vector<std::string>, std::vector<EntrancePtr>> open_entrances(
    const config::Config& settings, const std::vector<EntrancePtr>& running);

}  // namespace ssmgate::flow
