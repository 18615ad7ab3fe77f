// Who may ask what of the admin listener. Pure.
//
// Any program of this machine may read: that is what loopback means here. A web page may not,
// whatever site it is from: a browser asks on a page's behalf, so the name it asked for (DNS
// rebinding) and the site that made it ask are looked at. Changing needs the token's file.
#pragma once

#include <optional>
#include <string_view>

#include "admin/message.hpp"

namespace ssmgate::admin {

enum class Access : std::uint8_t {
  change,  // with the token
  read,
};

// What is answered instead, unless the request may have `access`. A token that is given must be the
// right one, also where none is needed: so a command notices that another gateway answers.
[[nodiscard]] std::optional<Answer> find_refusal(const Request& request, Access access,
                                                 std::string_view token);

// True for a Host that no name server can point here: `localhost` or a loopback address, with or
// without a port.
[[nodiscard]] bool is_loopback_host(std::string_view host);

}  // namespace ssmgate::admin
