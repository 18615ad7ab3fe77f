// A second reader of request heads: Beast's. What the strict one accepts, both must read alike.
#pragma once

#include <string>
#include <string_view>

#include "wire/request_head.hpp"

namespace ssmgate::wire {

// Empty, or where Beast reads `bytes` otherwise than `head` says.
[[nodiscard]] std::string beast_disagrees(const RequestHead& head, std::string_view bytes);

}  // namespace ssmgate::wire
