// A session as the text that is stored, and back. Nothing secret is in it: neither TokenValue nor
// the query of a StreamUrl is ever part of a Session.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "flow/sessions.hpp"

namespace ssmgate::flow {

// JSON. `now`: until then a channel that is open is known to have been.
[[nodiscard]] std::string render_session(const Session& session, SessionTime now);

// Nothing when it is no session's text. One that was attached has lost its channel, to a shutdown.
[[nodiscard]] std::optional<Session> parse_session(std::string_view text);

}  // namespace ssmgate::flow
