// Reading and writing, alike for every layer of Asio that can do it. For the stream files only: the
// templates behind are costly to build.
#pragma once

#include "net/stream.hpp"
#include "net/tokens.hpp"

namespace ssmgate::net {

template <typename Layer>
asio::awaitable<Transfer> read_from(Layer& layer, asio::mutable_buffer buffer) {
  const auto [error, size] = co_await layer.async_read_some(buffer, kAwait);
  Transfer transfer;
  transfer.error = error;
  transfer.size = size;
  co_return transfer;
}

// All of the bytes, or an error.
template <typename Layer>
asio::awaitable<Transfer> write_to(Layer& layer, asio::const_buffer buffer) {
  Transfer transfer;
  while (transfer.size < buffer.size() && !transfer.error) {
    const asio::const_buffer rest = buffer + transfer.size;
    const auto [error, size] = co_await layer.async_write_some(rest, kAwait);
    transfer.error = error;
    transfer.size += size;
  }
  co_return transfer;
}

}  // namespace ssmgate::net
