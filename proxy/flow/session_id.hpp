// Which session a body is about: that of a request, or of an answer.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

namespace ssmgate::flow {

// LIMIT: 64 KiB; real bodies are about 1 KiB.
inline constexpr std::size_t kMaxSessionBody = 64 * 1024;

// The `SessionId` of a JSON object, printable; empty when there is none, or when it is no id.
// Nothing else is taken out: neither TokenValue nor StreamUrl. SOURCE: AWS SSM API, SessionId: 1 to
// 96 characters.
[[nodiscard]] std::string find_session_id(std::string_view body);
[[nodiscard]] std::string find_session_id(const boost::json::object& members);

}  // namespace ssmgate::flow
