// Connects to whichever of several addresses answers first.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "net/stream.hpp"

namespace ssmgate::net {

// Where may not be dialled; asked again for the address a socket has come out at.
using AddressFilter = std::function<bool(const asio::ip::tcp::endpoint&)>;

struct RaceFailure {
  asio::ip::tcp::endpoint endpoint;
  error_code error;     // timed_out: no answer by the deadline
  bool denied = false;  // it came out at an address that the filter denies
};

struct RaceResult {
  std::optional<asio::ip::tcp::socket> socket;  // connected; absent when all failed
  std::vector<RaceFailure> failures;
};

// Tries the addresses in the order given, the next one beside those under way after 250 ms, or at
// once when one has failed; the first to answer wins and the others are closed. No byte is sent on
// any of them. All of it ends at `deadline`.
[[nodiscard]] asio::awaitable<RaceResult> race_to_connect(
    std::vector<asio::ip::tcp::endpoint> endpoints, AddressFilter denied,
    std::chrono::steady_clock::time_point deadline);

}  // namespace ssmgate::net
