// What a reload means for a connection that is on its way: it goes by what is in force from here
// on, and no further where that would not have let it come so far.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "flow/downstream.hpp"
#include "flow/route.hpp"

namespace ssmgate::flow {

// By `downstream.generation`: whom the listener that it came by lets in has changed, or that
// listener has been taken out. Whoever it is would have to be asked again.
[[nodiscard]] bool is_revoked(const Downstream& downstream) noexcept;
inline constexpr std::string_view kRevoked =
    "a reload has changed whom this listener lets in; connect again";

// Of a CONNECT to `host`:`port` that was routed by `downstream.generation`, and is not a tunnel
// yet: what is in force takes that one's place. Why it is refused: it is revoked, or would be
// routed otherwise.
[[nodiscard]] std::optional<Route> renew(Downstream& downstream, const Host& host,
                                         std::uint16_t port);

}  // namespace ssmgate::flow
