// A session as the text that is stored, and back. Nothing secret is in it: neither TokenValue nor
// the query of a StreamUrl is ever part of a Session.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "flow/sessions.hpp"

namespace ssmgate::flow {

// What is stored of a session's account, in the place of what it says itself.
struct StoredAccount {
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  bool recorded = false;
};
[[nodiscard]] inline StoredAccount account_of(const Session& session) noexcept {
  return {session.bytes_up, session.bytes_down, session.recorded};
}

// JSON. `now`: until then a channel that is open is known to have been.
[[nodiscard]] std::string render_session(const Session& session, const StoredAccount& account,
                                         SessionTime now);

// Nothing when it is no session's text. One that was attached has lost its channel, to a shutdown.
[[nodiscard]] std::optional<Session> parse_session(std::string_view text);

}  // namespace ssmgate::flow
