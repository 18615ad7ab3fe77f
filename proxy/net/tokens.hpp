// How coroutines here wait: errors as values, and one spelling of it.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/stream.hpp"

namespace ssmgate::net {

// Named, so that no statement with co_await builds a temporary (g++ 12.2 miscompiles those).
inline constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

}  // namespace ssmgate::net
