// Carrying between two sockets by splice(2).
#pragma once

#include "net/carry.hpp"

namespace ssmgate::net {

// `carry` for two plain streams, on the event loop of their sockets.
void carry_by_splice(Carriage carriage, PipePool& pipes,
                     std::function<void(const Carried&)> on_end);

// `carry` for any two: through a buffer that is held only while bytes flow.
void carry_by_copy(const asio::any_io_executor& executor, Carriage carriage,
                   std::function<void(const Carried&)> on_end);

}  // namespace ssmgate::net
