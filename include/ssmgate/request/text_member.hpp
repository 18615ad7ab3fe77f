// One member of a JSON body, read so strictly that no two readers can differ on it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ssmgate {

// The text of the member `name` of the one object that `body` is, unescaped; nothing when it is no
// strict JSON (docs/policy.md), has a key twice anywhere, or no such text. Nor in more bytes than
// StartSession's body may have: a tree of them takes half a second.
[[nodiscard]] std::optional<std::string> find_text_member(std::string_view body,
                                                          std::string_view name);

// The same, and nothing when there is any other member: a reader that does not tell `sessionId`
// from `SessionId` would take that.
[[nodiscard]] std::optional<std::string> find_sole_member(std::string_view body,
                                                          std::string_view name);

}  // namespace ssmgate
