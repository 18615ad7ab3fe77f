// Which inherited socket belongs to which listener: by its address.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "flow/entrance.hpp"
#include "net/inherited.hpp"

namespace ssmgate::flow {

// A descriptor for each entrance, in their order, or -1 where we open the socket ourselves; they
// are the caller's. A fault, in words: a socket that no listener has, or one for IPv6 that takes
// IPv4 as well, whose clients would come in by a listener that does not say so.
[[nodiscard]] std::variant<std::string, std::vector<int>> match_sockets(
    std::vector<net::InheritedSocket> sockets, const std::vector<EntrancePtr>& entrances);

}  // namespace ssmgate::flow
